"""What one check has found, and all of them as text and as plain values. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from gpuinfra.ground.text import count, table

# bad: a host cannot be had like this. warn: it can, and something will be missing. unsure: nobody can tell.
OK, WARN, BAD, UNSURE = "ok", "warn", "bad", "unsure"
WORDS = {OK: "ok", WARN: "warning", BAD: "BAD", UNSURE: "not sure"}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """How one thing is; hint: the one command, link or edit that mends it, if any."""

    name: str
    state: str
    text: str
    hint: str = ""


def ok(name: str, text: str) -> Finding:
    """Return that nothing is wrong."""
    return Finding(name=name, state=OK, text=text)


def bad(name: str, text: str, hint: str) -> Finding:
    """Return what is in the way, and what mends it."""
    return Finding(name=name, state=BAD, text=text, hint=hint)


def warn(name: str, text: str, hint: str) -> Finding:
    """Return what is not as it should be, and stops nothing."""
    return Finding(name=name, state=WARN, text=text, hint=hint)


def unsure(name: str, text: str, hint: str = "") -> Finding:
    """Return what could not be told."""
    return Finding(name=name, state=UNSURE, text=text, hint=hint)


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """All that was looked at, in order; exit_code: of the program, as for an error of that kind."""

    findings: tuple[Finding, ...]
    exit_code: int = 0

    @property
    def is_sound(self) -> bool:
        """Tell whether nothing bad was found."""
        return not self._of(BAD)

    def plain(self) -> dict[str, object]:
        """Return it as plain values."""
        return {"ok": self.is_sound, "findings": [asdict(finding) for finding in self.findings]}

    def text(self) -> str:
        """Return a line each, the next step below what needs one; at the end how many there are of which."""
        told = self._folded()
        rows: list[tuple[str, ...]] = [(WORDS[it.state], it.name, it.text) for it in told]
        lines = table(rows).split("\n") if rows else []
        shown = []
        for finding, line in zip(told, lines, strict=True):
            shown.append(line)
            if finding.hint:
                shown.append(f"{'':8}  next: {finding.hint}")
        return "\n".join([*shown, "", self.summary()])

    def summary(self) -> str:
        """Return in one line what it comes to."""
        bad, warnings, open_ = (len(self._of(state)) for state in (BAD, WARN, UNSURE))
        told = [
            f"{bad} in the way of a host" if bad else "nothing is known to be in the way of a host",
            count(warnings, "warning") if warnings else "",
            f"{open_} not sure" if open_ else "",
        ]
        return ", ".join(filter(None, told))

    def _folded(self) -> list[Finding]:
        """Return them with one in the place of those that all say the same."""
        same = Counter((it.state, it.text, it.hint) for it in self.findings)
        said = dict.fromkeys((it.state, it.text, it.hint) for it in self.findings)
        told = []
        for key in said:
            names = [it.name for it in self.findings if (it.state, it.text, it.hint) == key]
            first = next(it for it in self.findings if it.name == names[0])
            text = f"{first.text}: {', '.join(names)}"
            told.append(first if same[key] == 1 else replace(first, name=f"{same[key]} checks", text=text))
        return told

    def _of(self, state: str) -> Sequence[Finding]:
        return [it for it in self.findings if it.state == state]

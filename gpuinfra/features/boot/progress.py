"""A boot as rows of a live view, in words. Pure."""

from gpuinfra.ground.boot_status import Boot, BootStep
from gpuinfra.ground.model import Row

TITLE = "The host sets itself up"
STEP_NAMES = {
    "preflight": "check the host and its disk",
    "gpu": "GPU and driver",
    "apt": "system packages",
    "download": "download the installer",
    "install": "install conda",
    "configure": "configure conda",
    "lock": "environment.lock",
    "env-conda": "conda environment",
    "env-pip": "pip packages",
    "shell": "make conda known to every shell",
    "verify": "prove the environment",
    "requirements": "requirements.txt",
    "startup": "startup script",
}
ENDINGS = {
    "failed": ": failed; the host tries again by itself, unless that is of no use",
    "interrupted": ": interrupted; the host goes on by itself within a minute",
}


class BootRows:
    """Turns each look at a boot into rows; remembers since when a step goes on."""

    def __init__(self) -> None:
        self._step: tuple[str, str] = ("", "")
        self._since = 0.0

    def rows(self, boot: Boot, now: float) -> list[Row]:
        """Return what is done with its seconds, what goes on, what is to come."""
        if (boot.step, boot.state) != self._step:
            self._step, self._since = (boot.step, boot.state), now
        rows = [self._row(boot, step) for step in boot.steps]
        return rows or [Row(mark="now", text=boot.message or "starting up", since=self._since)]

    def _row(self, boot: Boot, step: BootStep) -> Row:
        name = STEP_NAMES.get(step.name, step.name)
        if step.seconds is not None:
            return Row(mark="done", text=f"{name}  {step.seconds:.1f} s")
        if step.name != boot.step:
            return Row(mark="later", text=name)
        mark = boot.state if boot.state in ENDINGS else "now"
        attempt = f"attempt {boot.attempt}" if boot.attempt > 1 else ""
        details = "; ".join(filter(None, (attempt, "" if boot.message == "start" else boot.message)))
        text = f"{name}  ({details})" if details else name
        since = self._since if mark == "now" else None
        return Row(mark=mark, text=text + ENDINGS.get(mark, ""), since=since)

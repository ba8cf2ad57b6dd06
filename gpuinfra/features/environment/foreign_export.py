"""Exports of another system: builds of Windows or macOS, which a Linux channel does not have. Pure.

Dated 2026-11-29. conda-build makes the hash of a build from what its recipe uses: packages that use nothing
but Python, or nothing but the C compiler, all have the same one on a system. Read in the channels' indexes.
"""

import re
from collections import Counter

from gpuinfra.features.environment.conda_specs import Spec, specs
from gpuinfra.features.environment.cpu_packages import build_of
from gpuinfra.features.environment.findings import Findings, LintFinding, error, warning
from gpuinfra.features.environment.yaml_document import Document

CURE = "on that machine: conda env export --from-history > environment.yml (then add the pip lines again)"
WINDOWS, MACOS = "Windows", "macOS"
HASHES = {
    WINDOWS: "haa95532 hcbf5309 h8ffe710 hcfcfb64 h2466b09 h2bbff1b hd77b12b h8d14728 h57928b3 h63175ca",
    MACOS: "hecd8cb5 h6e9494a h0d85af4 h10d778d hca03da5 h2804cbe h3422bc3 h93a5062 h99b78c6 hfdf4475"
    " h1de35cc h9ed2024 hca72f7f he9d5cce h80987f9 h313beb8",
}
# Only these systems have them.
NAMES = {
    WINDOWS: "console_shortcut m2w64-gcc-libs msys2-conda-epoch pypiwin32 pywin32 pywinpty ucrt vc"
    " vc14_runtime vcomp14 vs2015_runtime winpty",
    MACOS: "pyobjc-core pyobjc-framework-cocoa python.app",
}
_BUILD = re.compile(r"(?:\w*_)?(?:py\d+)?(h[0-9a-f]{7})_\d+\Z")
_PLACES = {WINDOWS: re.compile(r"[A-Za-z]:[\\/]"), MACOS: re.compile(r"/(?:Users|opt/homebrew)/")}
FEW = 10  # an export has more; so many may all be of packages for any system


def lint(document: Document) -> Findings:
    """Yield one error for a whole export, at its first certain line; a lone package gets its own."""
    found = specs(document)
    yield from _of_pip(found)
    marked = [(spec, system) for spec in found if (system := _system(spec))]
    if marked:
        yield _told(marked)
        return
    system = _by_prefix(document)
    builds = [spec for spec in found if _is_binary(spec)]
    if system and len(builds) > FEW:
        line = builds[0].line
        yield error(line, f"an export of {system} (prefix): {len(builds)} builds are its own; {CURE}")
    elif len(builds) > FEW:
        yield warning(
            builds[0].line,
            f"{len(builds)} exact builds: they fit one system only, and one that a channel has dropped ends"
            " the boot; gpuinfra env check --solve tells whether all are there",
        )


def _of_pip(found: list[Spec]) -> Findings:
    """An export in another form (conda list --export) has pip's packages among conda's."""
    for spec in found:
        if build_of(spec) == "pypi_0":
            fix = f"- {spec.name}=={spec.versions[0]} (in the pip section)" if spec.versions else ""
            yield error(spec.line, f"{spec.text!r} came from pip: no channel has its build", fix)


def _told(marked: list[tuple[Spec, str]]) -> LintFinding:
    spec = marked[0][0]
    system = Counter(system for _, system in marked).most_common(1)[0][0]
    if len(marked) == 1 and not build_of(spec):
        return error(spec.line, f"{spec.name!r} is for {system} only: leave it out")
    return error(
        spec.line, f"an export of {system} ({len(marked)} such lines, the first is {spec.text!r}); {CURE}"
    )


def _system(spec: Spec) -> str:
    build = build_of(spec)
    if re.search(r"(?<![a-z])vc1[0-9](_|\Z)|win(32|64)", build):
        return WINDOWS
    hashed = _BUILD.match(build)
    for system in (WINDOWS, MACOS):
        if spec.name in NAMES[system].split() or (hashed and hashed[1] in HASHES[system].split()):
            return system
    return ""


def _is_binary(spec: Spec) -> bool:
    build = build_of(spec)
    return bool(_BUILD.match(build)) and not build.startswith("pyh")


def _by_prefix(document: Document) -> str:
    prefix = document.root.get("prefix")
    text = prefix.text if prefix else ""
    return next((system for system, place in _PLACES.items() if place.match(text)), "")

"""Versions with a + (torch==1.11.0+cu113): PyPI takes none, so their index must be named. Pure."""

import re
from collections.abc import Iterable

from gpuinfra.features.environment.findings import LintFinding, error
from gpuinfra.features.environment.yaml_document import Entry

# what adds a place to look in; a file of lines may do so, too
_INDEX = re.compile(r"(?:-f|-i|-r|--find-links|--index-url|--extra-index-url|--requirement)\b")
_LOCAL = re.compile(r"\s*(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*={2,3}\s*[\w.!]+\+(?P<local>[\w.]+)")
_TORCH = ("torch", "torchaudio", "torchtext", "torchvision")
TORCH_INDEX = "--extra-index-url https://download.pytorch.org/whl/"


def has_index(lines: Iterable[Entry]) -> bool:
    """Tell whether a line names another place than PyPI."""
    return any(_INDEX.match(entry.text.strip()) for entry in lines)


def finding(entry: Entry) -> LintFinding | None:
    """Return the error for such a version; for PyTorch's own the line that is missing is certain."""
    match = _LOCAL.match(entry.text)
    if match is None or "@" in entry.text or ";" in entry.text:
        return None
    why = f"{entry.text.strip()!r}: PyPI has no versions with a +; the index that has it is not named"
    is_torch = match["name"].lower() in _TORCH and re.fullmatch(r"cu\d+|cpu|rocm[\d.]+|xpu", match["local"])
    return error(entry.line, why, f"- {TORCH_INDEX}{match['local']} (a line before it)" if is_torch else "")

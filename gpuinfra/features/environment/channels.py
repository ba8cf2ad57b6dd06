"""Channels: whose terms they need, which are frozen or cannot be reached from the host. Pure."""

import re
from difflib import get_close_matches

from gpuinfra.features.environment.findings import Findings, LintFinding, error, warning
from gpuinfra.features.environment.yaml_document import Document

DEFAULT = "conda-forge"
# Written by many, and anaconda.org has it not (2026-11-29): a 404 on the host.
NOT_THERE = ("default",)
# Channels that files of the field name and anaconda.org has (2026-11-29); others may exist, too.
_KNOWN = """
anaconda astropy auto bioconda bokeh conda-canary conda-forge defaults dglteam dlr-sc esri fastai
fastchan free fvcore gurobi h2oai huggingface ibmdecisionoptimization intel iopath main menpo microsoft
mosek mro msys2 nodefaults numba nvidia omnia open3d-admin openeye openmm plotly pro psi4 pyg pytorch
pytorch-lts pytorch-nightly pytorch-test pytorch3d pyviz qiime2 r ranaroussi rapidsai rapidsai-nightly
rdkit rusty1s salilab schrodinger simpleitk stanfordcvxgrp tensorflow xformers
"""
KNOWN = frozenset(_KNOWN.split())
# Channels of which the check knows what they hold: a wrong package name is an error only among these.
PUBLIC = (
    "conda-forge",
    "defaults",
    "anaconda",
    "main",
    "nvidia",
    "pytorch",
    "bioconda",
    "rapidsai",
    "nodefaults",
)
# Anaconda's own, under its terms of service (https://www.anaconda.com/legal).
TERMS = re.compile(
    r"(defaults|anaconda|main|r|msys2|free|pro|pkgs/[\w-]+)\Z"
    r"|https?://(repo\.anaconda\.com|conda\.anaconda\.org/(anaconda|main|r|msys2)\b)"
)
_PLAIN = re.compile(r"[A-Za-z0-9_.\-/:@%~+\[\]?=&*,]+\Z")
_LOCAL = re.compile(r"file:|[./~\\]|[A-Za-z]:\\")


def names(document: Document) -> list[str]:
    """Return the channels that the host will really ask, in order."""
    return [c.text for c in document.channels if c.text != "nodefaults"] or [DEFAULT]


def only_public(document: Document) -> bool:
    """Tell whether all channels are well known."""
    return all(name.split("/")[0] in PUBLIC for name in names(document))


def lint(document: Document) -> Findings:
    """Check each channel."""
    # beside conda-forge there is nothing to write in its place
    instead = "" if DEFAULT in (entry.text for entry in document.channels) else f"- {DEFAULT}"
    for entry in document.channels:
        found = _finding(entry.line, entry.text, instead)
        if found:
            yield found


def _finding(line: int, name: str, instead: str) -> LintFinding | None:
    if name == "nodefaults":
        return warning(
            line, "nodefaults is left out: the host has no defaults, and newer condas take it for a channel"
        )
    if TERMS.match(name):
        return warning(line, f"the channel {name!r} needs Anaconda's terms of service accepted", instead)
    if name in ("pytorch", "pytorch-nightly"):
        newer = f"newer ones are pytorch-gpu of {DEFAULT}"
        return warning(line, f"the channel {name!r} is frozen: PyTorch 2.5 of 2024 is its last, {newer}")
    if _LOCAL.match(name):
        return error(line, f"the channel {name!r} is a place on your machine, unknown on the host")
    if not _PLAIN.match(name):
        return error(line, f"{name!r} is no channel name: it has a space or a strange character")
    if name.startswith("http://"):
        return warning(line, f"the channel {name!r} sends packages in clear", f"- https{name[4:]}")
    return _misspelt(line, name) or _unknown(line, name)


def _misspelt(line: int, name: str) -> LintFinding | None:
    near = get_close_matches(name.lower().replace("_", "-"), (DEFAULT, "bioconda"), 1, 0.85)
    if name in NOT_THERE:
        return error(line, f"there is no channel {name!r}: conda ends with HTTP 404", f"- {DEFAULT}")
    if name in KNOWN or not near:
        return None
    return error(line, f"the channel {name!r} looks misspelt", f"- {near[0]}")


def _unknown(line: int, name: str) -> LintFinding | None:
    """Doubt a bare name: a company's own channel is fine, one that is not there ends the boot."""
    if "://" in name or name.split("/")[0] in KNOWN:
        return None
    return warning(
        line, f"the channel {name!r} is not a known one; gpuinfra env check --solve tells whether it is there"
    )

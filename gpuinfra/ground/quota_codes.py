"""Which quota of EC2 a launch counts against: by the family of its type and its market. Pure.

Each is of one region, in vCPUs of pending and running instances; spot has quotas of its own.
https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html
"""

import re

from gpuinfra.ground.pool import ON_DEMAND, SPOT

STANDARD = "Standard"
# The first letters of a type's name, where they are not one of the standard families'.
FAMILIES = {
    "g": "G and VT",
    "gr": "G and VT",
    "vt": "G and VT",
    "p": "P",
    "inf": "Inf",
    "trn": "Trn",
    "dl": "DL",
    "f": "F",
    "x": "X",
    "hpc": "HPC",
    "u": "High Memory",
}
STANDARD_LETTERS = frozenset("acdhimrtz")
# On spot the P types have a quota for each of these generations; that of P6 is not known.
P_ON_SPOT = {"2": "P2 to P4", "3": "P2 to P4", "4": "P2 to P4", "5": "P5"}
CODES = {
    ("G and VT", ON_DEMAND): "L-DB2E81BA",
    ("G and VT", SPOT): "L-3819A6DF",
    ("P", ON_DEMAND): "L-417A185B",
    ("P2 to P4", SPOT): "L-7212CCBC",
    ("P5", SPOT): "L-C4BD4855",
    (STANDARD, ON_DEMAND): "L-1216C47A",
    (STANDARD, SPOT): "L-34B43A08",
    ("Inf", ON_DEMAND): "L-1945791B",
    ("Inf", SPOT): "L-B5D1601B",
    ("Trn", ON_DEMAND): "L-2C3B7624",
    ("Trn", SPOT): "L-6B0D517C",
    ("DL", ON_DEMAND): "L-6E869C2A",
    ("DL", SPOT): "L-85EED4F7",
    ("F", ON_DEMAND): "L-74FC7D96",
    ("F", SPOT): "L-88CF9481",
    ("X", ON_DEMAND): "L-7295265B",
    ("X", SPOT): "L-E3A00192",
    ("HPC", ON_DEMAND): "L-F7808C92",
    ("High Memory", ON_DEMAND): "L-43DA4232",
}


def quota_family(instance_type: str, market: str = ON_DEMAND) -> str:
    """Return the family whose types share a quota on a market; empty where AWS names none."""
    letters, rest = _letters(instance_type), instance_type[1:2]
    if letters == "p" and market == SPOT:
        return P_ON_SPOT.get(rest, "")
    if letters in FAMILIES:
        return FAMILIES[letters]
    # im4gn and is4gen are storage types, as i4i is; mac1 runs on dedicated hosts, which have other quotas.
    return STANDARD if letters[:1] in STANDARD_LETTERS and letters != "mac" else ""


def quota_code(instance_type: str, market: str = ON_DEMAND) -> str | None:
    """Return the code of the quota that a type counts against; None: not known, so none is told."""
    return CODES.get((quota_family(instance_type, market), market))


def _letters(instance_type: str) -> str:
    found = re.match(r"[a-z]+", instance_type)
    return found.group() if found else ""

"""What may go to a terminal of what somebody else has said. Pure."""

import re

# ESC [ ... letter (CSI); ESC ] ... BEL or ESC \ (OSC: titles, links, the clipboard), and the like (DCS, PM,
# APC, SOS); any other ESC with its byte. ECMA-48, sections 5.4, 5.6 and 8.3.
SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[]PX^_]|[\x90\x98\x9d\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
)
# C0 but tab and line feed, DEL, and C1; halves of letters, which cannot be written at all.
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def printable(text: str, *, returns: bool = False) -> str:
    """Return a text without what steers a terminal; a carriage return ends a line, or stays (`returns`)."""
    if not returns:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "\r".join(CONTROLS.sub("", SEQUENCES.sub("", part)) for part in text.split("\r"))

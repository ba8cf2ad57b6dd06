"""Host keys as the host prints them to its console, so that ssh trusts AWS's word and not the network's.

Pure: console text in, known_hosts lines out. The block is written by cloud-init/scripts at every boot.
"""

import base64
import binascii
import re

BEGIN, END = "-----BEGIN GPUINFRA HOST KEYS {token}-----", "-----END GPUINFRA HOST KEYS {token}-----"
MARK = re.compile(r"-----END GPUINFRA HOST KEYS (\w+)-----")
KEY = re.compile(r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521))\s+([A-Za-z0-9+/=]+)")
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def parse(console: str, *, token: str) -> list[str]:
    """Return the keys ("type base64") of the last whole block that carries `token`.

    A block that is cut off at either end of the console's 64 KB window is no block, and neither is one
    with another token: only the host itself knows the token.
    """
    begin, end = BEGIN.format(token=token), END.format(token=token)
    lines = [ANSI.sub("", line).strip() for line in console.replace("\r", "\n").split("\n")]
    keys: list[str] = []
    block: list[str] | None = None
    for line in lines:
        if line.endswith(begin):
            block = []
        elif line.endswith(end):
            keys, block = block or keys, None
        elif block is not None:
            block += _key(line)
    return keys


def is_of_another(console: str, *, token: str) -> bool:
    """Tell whether the last whole block carries another token, or who printed it does not know ours."""
    marks = MARK.findall(console)
    return bool(marks) and marks[-1] != token


def plain(text: str) -> list[str]:
    """Return the keys of public key files, as they are on the host."""
    return [key for line in text.splitlines() for key in _key(line)]


def known_hosts(alias: str, keys: list[str]) -> str:
    """Return known_hosts text that pins these keys under one alias."""
    return "".join(f"{alias} {key}\n" for key in keys)


def _key(line: str) -> list[str]:
    """Return the key on a line if its data says the same type as its name."""
    match = KEY.search(line)
    if not match:
        return []
    name, data = match.groups()
    try:
        raw = base64.b64decode(data, validate=True)
    except binascii.Error:
        return []
    return [f"{name} {data}"] if _fields(raw)[:1] == [name.encode()] else []


def _fields(raw: bytes) -> list[bytes]:
    """Return the fields of a key's data, none if their lengths do not add up: the line was broken into."""
    fields = []
    while raw:
        size = int.from_bytes(raw[:4], "big")
        field, raw = raw[4 : 4 + size], raw[4 + size :]
        if len(field) != size:
            return []
        fields.append(field)
    return fields

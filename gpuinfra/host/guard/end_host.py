"""The program that ends the host, for those that are no Python process of root.

    sudo python3 -I -B end_host.py off BY REASON     a job: on_stop, saves, power-off
    sudo python3 -I -B end_host.py shutdown          gpuinfra-ending.service, when systemd ends the host
    sudo python3 -I -B end_host.py ask               the laptop: one JSON request by stdin, see `ask`
    python3 -I end_host.py events                    all events, as JSON
    ... interrupted ACTION TIME | rebalance | drilled ID NOTICE_S SEEN_S     the watcher of spot.py, as root
    ... block-ends TIME                              the same watcher: the Capacity Block ends then
    sudo python3 -I -B end_host.py drill NOTICE_S    the laptop: as if EC2 gave notice, and nothing ends

What it says on its way goes to stderr, the result to stdout.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress

if __name__ == "__main__":  # -I leaves our own directory out
    sys.path.append(__file__.removesuffix("/gpuinfra/host/guard/end_host.py"))

from gpuinfra.host.guard import ending, events, hook

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

BY_EC2 = "EC2 or root"  # the power button, which the console, a schedule and `stop` press; `sudo poweroff`
NEWEST = 50  # events that a laptop is told with the answer: it keeps them
GOES_DOWN = {"poweroff.target", "halt.target"}


def main(arguments: list[str]) -> int:
    """Do what is asked."""
    verb, *words = arguments
    if verb == "shutdown":
        at_shutdown()
    elif verb == "events":
        _answer(events.read())
    elif verb == "ask":
        _answer(ask(json.load(sys.stdin)))
    elif verb == "off":
        by, reason = words
        _answer({"ran": ending.end(reason=reason, by=by, action="poweroff", tell=_tell)})
    else:
        spot_verb(verb, words)
    return 0


def spot_verb(verb: str, words: list[str]) -> None:
    """Do what a notice, a recommendation or a drill asks for."""
    from gpuinfra.host.guard import block_end, drill, interruption

    if verb == "block-ends":
        block_end.ends(words[0], _tell)
    elif verb == "interrupted":
        interruption.interrupted(words[0], words[1], _tell)
    elif verb == "rebalance":
        interruption.recommended(_tell)
    elif verb == "drilled":
        drill.Drill(words[0], notice_s=float(words[1]), seen_s=float(words[2])).run()
    else:
        _answer(drill.ask(float(words[0])))


def ask(request: dict[str, Any]) -> dict[str, Any]:
    """Take the user's on_stop as it is now, then end if told to.

    on_stop: its text, null for none; left as it is where the request has no such name. action: as of
    `ending.end`; without one nothing ends. Answers whether the hook is another one now, was run, and what has
    happened of late.
    """
    changed = "on_stop" in request and take(request["on_stop"])
    ran = "action" in request and ending.end(
        reason=request["reason"], by=request["by"], action=request["action"],
        deadline_s=float(request.get("deadline_s", ending.DEADLINE_S)), tell=_tell,
    )  # fmt: skip
    return {"changed": changed, "ran": ran, "events": events.read()[-NEWEST:]}


def take(text: str | None) -> bool:
    """Keep the user's on_stop; tell whether it was another one. A full disk leaves the one that is there."""
    try:
        if text == _kept():
            return False
        if text is None:
            os.unlink(hook.FILE)
            return True
        os.makedirs(hook.CONF, exist_ok=True)
        with open(f"{hook.FILE}.new", "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.chmod(f"{hook.FILE}.new", 0o755)  # noqa: S103 - the login user runs it
        os.replace(f"{hook.FILE}.new", hook.FILE)
    except OSError as error:
        _tell(f"on_stop could not be written: {error.strerror}")
        return False
    return True


def at_shutdown() -> None:
    """End as all others, where systemd ends the host; a reboot is no end, nor is a unit that is renewed."""
    argv = ("systemctl", "list-jobs", "--no-legend", "--no-pager")
    jobs = subprocess.run(argv, capture_output=True, text=True, check=False).stdout
    starting = {words[1] for line in jobs.splitlines() if (words := line.split())[2:3] == ["start"]}
    if starting & GOES_DOWN:
        ending.end(reason="the host was shut down", by=BY_EC2, action="none", tell=_tell)


def _kept() -> str | None:
    try:
        with open(hook.FILE, encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return None


def _answer(reply: Any) -> None:
    with suppress(OSError):
        sys.stdout.write(json.dumps(reply) + "\n")
        sys.stdout.flush()


def _tell(text: str) -> None:
    """Say it; whoever asked may be gone, and the ending goes on."""
    with suppress(OSError, ValueError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

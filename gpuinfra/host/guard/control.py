"""On the host: what the laptop asks of the guard. Prints one line of JSON, an error in it or the state.

status | extend SECONDS | off SECONDS (-1: until on) | on | install      all but status as root
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

from gpuinfra.host.guard.kept import DISK, REQUEST, RUN, STATE, load, store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

UNIT = "gpuinfra-guard.service"
SPOT = "spot.json"  # of spot.py
ANSWER_S = 30.0
POLL_S = 0.1


def main(argv: list[str]) -> int:
    """Do one verb."""
    verb, number = argv[0], float(argv[1]) if argv[1:] else 0.0
    if verb == "install":
        from gpuinfra.host.guard import install

        sys.stdout.write(install.main() + "\n")
        return 0
    if verb != "status":
        error = ask(verb, number)
        if error:
            sys.stdout.write(json.dumps({"error": error}) + "\n")
            return 0
    sys.stdout.write(json.dumps(status()) + "\n")
    return 0


def status(run: str = RUN, disk: str = DISK) -> dict[str, Any]:
    """Return the guard's state, and whether it runs."""
    state = load(f"{run}/{STATE}") or load(f"{disk}/{STATE}")
    is_spot = bool(load(f"{run}/{SPOT}").get("spot"))
    return {**state, "runs": is_running(), "now": time.time(), "spot": is_spot}


def ask(verb: str, number: float) -> str:
    """Leave a request and wait until the guard has taken it; return why not, if so."""
    from gpuinfra.host.guard import install

    if not is_running():
        install.main()
        subprocess.run(["systemctl", "start", UNIT], check=False, capture_output=True)
    wish = request(verb, number)
    store(f"{RUN}/{REQUEST}", wish)
    until = time.monotonic() + ANSWER_S
    while time.monotonic() < until:
        wake()
        if load(f"{RUN}/{STATE}").get("request") == wish["id"]:
            return ""
        time.sleep(POLL_S)
    return f"the guard has not answered for {ANSWER_S:.0f} s"


def wake() -> None:
    """Let the guard look for a request now, not at its next tick."""
    argv = ["systemctl", "show", "--value", "--property=MainPID", UNIT]
    pid = int(subprocess.run(argv, check=False, capture_output=True, text=True).stdout or 0)
    if pid:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGHUP)


def request(verb: str, number: float) -> dict[str, Any]:
    """Return what the daemon reads: the verb, what it sets, and the words for the list of decisions."""
    wish: dict[str, Any] = {"id": f"{time.time()}-{os.getpid()}", "kind": verb}
    hours = f"{number / 3600:g} h"
    if verb == "extend":
        return {**wish, "extended_s": number, "words": f"the host stays on for {hours} at least"}
    if verb == "off":
        return {**wish, "off_s": number, "words": "until it is switched on" if number < 0 else f"for {hours}"}
    return {**wish, "off_s": 0.0, "extended_s": 0.0, "words": "the idle time begins anew"}


def is_running() -> bool:
    """Tell whether the guard's unit is active."""
    done = subprocess.run(["systemctl", "is-active", "--quiet", UNIT], check=False)
    return done.returncode == 0

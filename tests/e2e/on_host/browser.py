"""A headless Chromium opens a notebook in JupyterLab, runs its cell and prints what it shows.

Arguments: the URL, what to wait for, for how many seconds at most.

Run inside the lab, where the tunnel ends. WebDriver over HTTP, with the standard library.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from typing import Any

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--window-size=1200,900",
)
PORT = 9515
EDITOR = "return document.querySelector('.jp-Notebook .jp-InputArea-editor') !== null"
IDLE = "return (document.querySelector('.jp-Notebook-ExecutionIndicator') || {dataset: {}}).dataset.status"
OUTPUT = (
    "return Array.from(document.querySelectorAll('.jp-OutputArea-output')).map(e => e.innerText).join('\\n')"
)
# Dialogs (of a first start) lie over the page; a click made by a script would not move the keyboard's focus.
FOCUS = """
document.querySelectorAll('.jp-Dialog button.jp-mod-accept').forEach(button => button.click());
const editor = document.querySelector('.jp-Notebook .cm-content');
editor.focus();
return document.activeElement === editor;
"""
PAGE = "return document.body.innerText.slice(0, 400)"
SHIFT, ENTER = "\ue008", "\ue007"


def call(path: str, body: dict[str, Any] | None = None, method: str = "") -> Any:
    """Ask the driver."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{PORT}{path}",
        data=None if body is None else json.dumps(body).encode(),
        method=method or ("GET" if body is None else "POST"),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["value"]


def wait_for(what: str, true: Any, deadline: float) -> Any:
    """Poll until it is true."""
    while not (found := true()):
        if time.monotonic() > deadline:
            raise SystemExit(f"waited in vain for {what}")
        time.sleep(0.3)
    return found


def soon(true: Any, seconds: float) -> bool:
    """Tell whether it becomes true within this time."""
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.2)
    return True


def answers() -> bool:
    """Tell whether the driver takes requests."""
    try:
        return bool(call("/status")["ready"])
    except (urllib.error.URLError, OSError):
        return False


def run_cell(url: str, expected: str, deadline: float, profile: str) -> str:
    """Open the page and run the first cell; return what the notebook shows."""
    options: dict[str, object] = {"args": [*FLAGS, f"--user-data-dir={profile}"]}
    if chromium := shutil.which("chromium"):  # else the driver finds its Chrome itself
        options["binary"] = chromium
    asked = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}}
    session = f"/session/{call('/session', asked)['sessionId']}"
    try:
        call(f"{session}/url", {"url": url})

        def js(script: str) -> Any:
            return call(f"{session}/execute/sync", {"script": script, "args": []})

        wait_for("the notebook", lambda: js(EDITOR), deadline)
        wait_for("its kernel", lambda: js(IDLE) == "idle", deadline)
        keys = [{"type": "keyDown", "value": SHIFT}, {"type": "keyDown", "value": ENTER}]
        keys += [{"type": "keyUp", "value": ENTER}, {"type": "keyUp", "value": SHIFT}]

        def ran() -> bool:
            """Press Shift-Enter in the cell; tell whether the output is there soon after."""
            if js(FOCUS):
                call(f"{session}/actions", {"actions": [{"type": "key", "id": "k", "actions": keys}]})
            return soon(lambda: expected in js(OUTPUT), 5.0)

        wait_for(f"{expected!r} below the cell, page: {js(PAGE)}", ran, deadline)
        return str(js(OUTPUT))
    finally:
        call(session, method="DELETE")


def main(url: str, expected: str, patience_s: str) -> None:
    """Start the driver, run the cell, print."""
    deadline = time.monotonic() + float(patience_s)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        driver = subprocess.Popen(
            ["chromedriver", f"--port={PORT}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            wait_for("the driver", answers, deadline)
            sys.stdout.write(run_cell(url, expected, deadline, profile))
        finally:
            driver.terminate()
            driver.wait()


if __name__ == "__main__":
    main(*sys.argv[1:4])

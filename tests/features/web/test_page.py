"""JupyterLab's address reaches the browser by a file, so that no process list shows the token."""

import html
import re
import subprocess
import sys
from pathlib import Path

from gpuinfra.features.web.page import RedirectFile

ADDRESS = "http://127.0.0.1:8888/lab?token=0123456789abcdef&x='\"<>"


def test_the_browser_gets_a_file_that_leads_on(tmp_path: Path) -> None:
    """Its owner alone can read it, and it is gone with the tunnel."""
    opened: list[str] = []
    page = RedirectFile(tmp_path, "big", {}, opened.append)
    page.show(ADDRESS)
    assert opened == [page.path.as_uri()]
    assert page.path.stat().st_mode & 0o777 == 0o600
    (address,) = re.findall(r'content="0; url=([^"<>]*)"', page.path.read_text())
    assert html.unescape(address) == ADDRESS
    page.forget()
    page.forget()
    assert not page.path.exists()


def test_no_process_list_shows_the_token(tmp_path: Path) -> None:
    """What a real browser would be started with, by Python's own webbrowser."""
    browser, seen = tmp_path / "browser", tmp_path / "seen"
    browser.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {seen}\n')
    browser.chmod(0o700)
    code = "import sys; from pathlib import Path; from gpuinfra.features.web.page import RedirectFile\n"
    code += f"RedirectFile(Path({str(tmp_path)!r}), 'default', {{}}).show({ADDRESS!r})"
    subprocess.run(
        [sys.executable, "-c", code], env={"BROWSER": str(browser), "PATH": "/usr/bin:/bin"}, check=True
    )
    assert seen.read_text().startswith("file:///")
    assert "token" not in seen.read_text()


def test_windows_knows_the_file_by_another_name(tmp_path: Path) -> None:
    """In WSL 2 the browser is the one of Windows."""
    opened: list[str] = []
    page = RedirectFile(tmp_path, "default", {"WSL_DISTRO_NAME": "Ubuntu"}, opened.append)
    page.show(ADDRESS)
    assert opened == [f"file://wsl.localhost/Ubuntu{page.path}"]


def test_where_no_file_can_be_nothing_is_opened(tmp_path: Path) -> None:
    """The tunnel stands all the same, and the address is on the screen."""
    opened: list[str] = []
    (tmp_path / ".local").write_text("in the way")
    RedirectFile(tmp_path, "default", {}, opened.append).show(ADDRESS)
    assert opened == []

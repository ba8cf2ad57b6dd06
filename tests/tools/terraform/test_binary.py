"""Terraform itself: the one on PATH, else a download that is what it says it is."""

import contextlib
import hashlib
import http.server
import io
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpuinfra.ground.errors import TerraformError
from gpuinfra.tools.terraform import binary

SCRIPT = '#!/bin/sh\necho \'{{"terraform_version": "{version}"}}\'\n'


def program(directory: Path, version: str, *, text: str = SCRIPT) -> Path:
    """Make a `terraform` that says a version."""
    path = directory / "terraform"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.format(version=version))
    path.chmod(0o755)
    return path


def archive() -> bytes:
    """Return a release: a zip with a program that says the pinned version."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as zipped:
        zipped.writestr("LICENSE.txt", "BUSL")
        zipped.writestr("terraform", SCRIPT.format(version=binary.VERSION))
    return data.getvalue()


@contextlib.contextmanager
def releases(files: dict[str, bytes]) -> Iterator[str]:
    """Serve files on loopback; a name that is not among them is a 404."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data = files.get(self.path)
            self.send_response(200 if data is not None else 404)
            self.end_headers()
            self.wfile.write(data or b"")

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def url_path() -> str:
    """Return the path of this platform's release."""
    name = f"terraform_{binary.VERSION}_{binary.platform_name()}.zip"
    return f"/{binary.VERSION}/{name}"


def sums(data: bytes) -> dict[str, str]:
    """Return the checksums file for this platform."""
    return {binary.platform_name(): hashlib.sha256(data).hexdigest()}


def path_with(directory: Path) -> dict[str, str]:
    """Return an environment with this PATH."""
    return {"PATH": str(directory)}


@pytest.mark.parametrize("version", ["1.11.0", "1.11.4", "1.12.0-beta1", "2.0.0"])
def test_the_one_on_path_is_taken(version: str, tmp_path: Path) -> None:
    """If it is new enough."""
    found = program(tmp_path / "bin", version)
    assert binary.find(tmp_path / "tools", path_with(tmp_path / "bin")) == found


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (SCRIPT.format(version="1.10.5"), "the one on PATH is 1.10.5"),
        ("#!/bin/sh\nexit 1\n", "there is none on PATH"),
        ("#!/bin/sh\necho hello\n", "there is none on PATH"),
        ("", "there is none on PATH"),
    ],
    ids=["too old", "fails", "says something else", "no program"],
)
def test_another_is_refused(text: str, says: str, tmp_path: Path) -> None:
    """The message says what was found and which command gets a right one."""
    program(tmp_path / "bin", "", text=text.replace("{", "{{").replace("}", "}}"))
    with pytest.raises(TerraformError, match=says) as caught:
        binary.find(tmp_path / "tools", path_with(tmp_path / "bin"))
    assert caught.value.hint == "make setup"


def test_a_right_download(tmp_path: Path) -> None:
    """It is verified, unpacked, executable, found from then on; the archive is not kept."""
    data = archive()
    with releases({url_path(): data}) as url:
        found = binary.fetch(tmp_path, releases=url, checksums=sums(data))
    assert binary.find(tmp_path, path_with(tmp_path / "empty")) == found
    assert found.stat().st_mode & 0o111
    assert [p.name for p in found.parent.iterdir()] == ["terraform"]


@pytest.mark.parametrize("kept", [slice(0, -1), slice(0, 0)], ids=["cut off", "empty"])
def test_a_damaged_download(kept: slice, tmp_path: Path) -> None:
    """What is not what was pinned is deleted and never run."""
    data = archive()
    with releases({url_path(): data[kept]}) as url, pytest.raises(TerraformError, match="sha256") as caught:
        binary.fetch(tmp_path, releases=url, checksums=sums(data))
    assert sums(data)[binary.platform_name()] in caught.value.message
    assert list(tmp_path.rglob("*.zip")) + list(tmp_path.rglob("terraform")) == []


def test_another_file_of_the_same_name(tmp_path: Path) -> None:
    """A whole, valid archive with another content is refused as well."""
    with releases({url_path(): archive()}) as url, pytest.raises(TerraformError, match="sha256"):
        binary.fetch(tmp_path, releases=url)


def test_no_release_there(tmp_path: Path) -> None:
    """A 404 and a server that is not there end in the same next step."""
    with releases({}) as url, pytest.raises(TerraformError, match="404") as caught:
        binary.fetch(tmp_path, releases=url, checksums=sums(b""))
    assert binary.INSTALL_PAGE in caught.value.hint
    with pytest.raises(TerraformError, match="cannot download"):
        binary.fetch(tmp_path, releases=url, checksums=sums(b""))


def test_no_pin_for_the_platform(tmp_path: Path) -> None:
    """Nothing is downloaded that could not be checked."""
    with pytest.raises(TerraformError, match="no pinned Terraform"):
        binary.fetch(tmp_path, checksums={})


def test_ensure_downloads_only_when_needed(tmp_path: Path) -> None:
    """With a good one on PATH nothing is fetched."""
    found = program(tmp_path / "bin", "1.11.4")
    nowhere = "http://127.0.0.1:9"
    assert binary.ensure(tmp_path / "tools", path_with(tmp_path / "bin"), releases=nowhere) == found
    with pytest.raises(TerraformError, match="cannot download"):
        binary.ensure(tmp_path / "tools", path_with(tmp_path), releases=nowhere)


def test_pins_are_whole() -> None:
    """Four platforms, each with a sha256."""
    assert sorted(binary.SHA256) == ["darwin_amd64", "darwin_arm64", "linux_amd64", "linux_arm64"]
    assert all(len(bytes.fromhex(h)) == 32 for h in binary.SHA256.values())

"""An address that is a secret, on its way into the browser: by a file that only its owner can read.

What a browser is started with, every user of the machine sees; so it gets the address of a file that leads
on, as from Jupyter itself. The file lies where Jupyter keeps its own: of the hidden folders, browsers packed
by snap read that one alone (https://github.com/canonical/snapd/pull/11824).
"""

import html
import webbrowser
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from gpuinfra.tools.adapter import adapter
from gpuinfra.tools.files import make_private, write_private

FOLDER = ".local/share/jupyter/runtime"
TEXT = """\
<!doctype html>
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url={address}">
<a href="{address}">JupyterLab</a>
"""


@adapter("the browser cannot be started")
class RedirectFile:
    """The Page protocol: one file, for as long as the tunnel stands."""

    def __init__(
        self,
        home: Path,
        stack: str,
        environ: Mapping[str, str],
        browse: Callable[[str], object] = webbrowser.open,
    ) -> None:
        self.path = home / FOLDER / f"gpuinfra-{stack}.html"
        self._wsl, self._browse = environ.get("WSL_DISTRO_NAME", ""), browse

    def show(self, address: str) -> None:
        """Open the address; where that cannot be, it is on the screen all the same."""
        with suppress(OSError):
            make_private(self.path.parent)
            write_private(self.path, TEXT.format(address=html.escape(address)).encode())
            # there the browser is Windows's, which knows our files by another name
            own = self.path.as_uri()
            self._browse(own.replace("file://", f"file://wsl.localhost/{self._wsl}") if self._wsl else own)

    def forget(self) -> None:
        """Delete the file: the token in it goes on."""
        with suppress(OSError):
            self.path.unlink()

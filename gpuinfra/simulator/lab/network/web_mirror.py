"""The lab's internet: HTTP and HTTPS of a folder for each name; a name without a folder is not there."""

import ssl
from collections.abc import Callable
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote


class Folders:
    """The folders: `<directory>/<host name>/<path>` is https://<host name>/<path>; filled at any time."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def has(self, name: str) -> bool:
        """Tell whether there is a folder for a name."""
        plain = bool(name) and "/" not in name and not name.startswith(".")
        return plain and (self.directory / name).is_dir()

    def path(self, name: str, url_path: str) -> str:
        """Return the file for a path of a name; one that does not exist if the name does not."""
        plain = unquote(url_path.split("?")[0].split("#")[0])
        parts = [part for part in plain.split("/") if part not in ("", ".", "..")]
        file = Path(self.directory, name if self.has(name) else "-", *parts)
        return f"{file}/" if plain.endswith("/") else str(file)


class _Handler(SimpleHTTPRequestHandler):
    server: "MirrorServer"
    protocol_version = "HTTP/1.1"

    def translate_path(self, path: str) -> str:
        """Choose the folder by the Host header."""
        return self.server.folders.path((self.headers.get("Host") or "").split(":")[0].lower(), path)

    def do_GET(self) -> None:
        """Send the whole file, whatever the client has of it.

        Python's "304 Not Modified" names no Last-Modified, and rattler takes that for an error: a channel
        that is asked a second time would fail here alone.
        """
        del self.headers["If-Modified-Since"]
        super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Keep the requests."""
        self.server.note(f"{self.headers.get('Host', '-') if self.headers else '-'} {format % args}")


class MirrorServer(ThreadingHTTPServer):
    """One port of it; `note` takes a line a request, `context` makes it HTTPS."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self,
        address: tuple[str, int],
        folders: Folders,
        *,
        note: Callable[[str], None],
        context: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(address, _Handler)
        self.folders = folders
        self.note = note
        if context:
            # the handshake is done by the thread of the connection, else one bad client would stop all
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that does not trust us, or hangs up."""

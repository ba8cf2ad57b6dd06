"""What stands for a bucket: files that hosts of the lab put and get by HTTP, outside of every host."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gpuinfra.simulator.lab.lab import Lab
from gpuinfra.simulator.lab.network.namespace import GATEWAY
from tests import processes

PORT = 8099
SERVER = f"""
import http.server, os, sys
class Handler(http.server.SimpleHTTPRequestHandler):
    def do_PUT(self):
        data = self.rfile.read(int(self.headers["Content-Length"]))
        open("." + self.path + ".new", "wb").write(data)
        os.replace("." + self.path + ".new", "." + self.path)
        self.send_response(201)
        self.end_headers()
http.server.ThreadingHTTPServer(("{GATEWAY}", {PORT}), Handler).serve_forever()
"""
URL = f"http://{GATEWAY}:{PORT}"


@contextmanager
def bucket(lab: Lab, folder: Path) -> Iterator[Path]:
    """Serve a folder to the hosts for the block."""
    folder.mkdir(exist_ok=True)
    argv = lab.command(["python3", "-c", SERVER], cwd=folder)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(argv, env=lab.env(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield folder
    finally:
        processes.kill(process)

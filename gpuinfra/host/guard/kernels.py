"""On the host: Jupyter kernels that compute now, of every server that left word of itself below a home.

Asked with the server's own token at 127.0.0.1 alone. `api/kernels` tells idle and busy to the second and
changes nothing; a kernel that no client has joined yet is "starting": not busy (jupyter_server 2.21).
Servers in containers leave no word here.
"""

from __future__ import annotations

import glob
import http.client
import json
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

HOMES = ("/home/*", "/root")
RUNTIME = ".local/share/jupyter/runtime/jpserver-*.json"
OURS = ".local/state/gpuinfra/jupyter/config.json"  # host/jupyter.py
TIMEOUT_S = 3.0
MOST_BYTES = 1 << 20


def busy_kernels(homes: tuple[str, ...] = HOMES) -> int:
    """Return how many kernels are busy.

    Raises:
        OSError: a server does not answer in time.
        ValueError: what it answers is no list of kernels.
    """
    return sum(_busy(*server) for server in sorted(set(_servers(homes))))


def _servers(homes: tuple[str, ...]) -> Iterator[tuple[int, str, str]]:
    """Yield port, path and token of each server; files of dead ones stay behind."""
    for home in homes:
        for path in glob.glob(f"{home}/{RUNTIME}"):
            server = _read(path)
            if os.path.exists(f"/proc/{server.get('pid')}"):
                yield int(server["port"]), str(server.get("base_url") or "/"), str(server.get("token") or "")
        for path in glob.glob(f"{home}/{OURS}"):
            config = _read(path)
            port = config.get("ServerApp", {}).get("port")
            if port:
                yield int(port), "/", str(config.get("IdentityProvider", {}).get("token") or "")


def _busy(port: int, base: str, token: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", f"{base}api/kernels", headers={"Authorization": f"token {token}"})
        answer = connection.getresponse()
        kernels = json.loads(answer.read(MOST_BYTES))
    except ConnectionRefusedError:
        return 0  # it has ended
    except http.client.HTTPException as error:
        raise ValueError(str(error)) from None
    finally:
        connection.close()
    if not isinstance(kernels, list):
        raise ValueError(f"Jupyter at port {port} says {answer.status}")
    return sum(kernel.get("execution_state") == "busy" for kernel in kernels)


def _read(path: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            value = json.load(file)
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}

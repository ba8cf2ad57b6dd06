"""One dry-run solve, in a process of its own: JSON in, one line of JSON out. The only importer of rattler.

py-rattler's runtime may abort the interpreter when it ends, so this process leaves by `os._exit`.
"""

import asyncio
import json
import os
import re
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

GLIBC = "2.35"  # Ubuntu 22.04, the oldest of the images
KERNEL = "5.15"
ARCHITECTURE = "x86_64_v3"  # all EC2 types with a GPU and an x86 processor have AVX2
PLATFORMS: tuple[Literal["linux-64"], Literal["noarch"]] = ("linux-64", "noarch")
# What conda means by it on Linux (conda's documentation, default_channels).
DEFAULTS = ("https://repo.anaconda.com/pkgs/main", "https://repo.anaconda.com/pkgs/r")
LINES, LONGEST = 4, 300
URL = re.compile(r"url \((\S+)\)")
NO_CHANNEL = re.compile(r"could not find subdir|404 Not Found")


def main() -> dict[str, Any]:
    """Solve what stdin asks for."""
    request = json.loads(sys.stdin.read())
    try:
        import rattler  # noqa: F401 - asked for here, so that its absence has a name
    except ImportError:
        return {"kind": "missing", "message": "py-rattler is not installed"}
    return asyncio.run(_solve(request))


async def _solve(request: dict[str, Any]) -> dict[str, Any]:
    from rattler import Channel, ChannelConfig, Client, Gateway, solve
    from rattler.exceptions import SolverError

    try:
        specs = [_spec(text) for text in request["specs"]]
    except ValueError as error:
        return {"kind": "spec", "message": _short(str(error))}
    config = ChannelConfig(request["alias"])
    names = [n for name in request["channels"] for n in (DEFAULTS if name == "defaults" else (name,))]
    channels = [Channel(name, config) for name in names]
    client = Client.default_client(max_retries=1, timeout=request["timeout_s"])
    gateway = Gateway(cache_dir=Path(request["cache"]), client=client)
    try:
        records = await solve(
            channels, specs, gateway=gateway, platforms=PLATFORMS, virtual_packages=_virtual(request["cuda"])
        )
    except SolverError as error:
        unknown = await _unknown(gateway, channels, specs)
        return {
            "kind": "unknown" if unknown else "unsatisfiable",
            "message": _short(str(error)),
            "unknown": unknown,
        }
    except Exception as error:  # the classes of its network errors differ by what failed
        return _unanswered(" ".join(str(error).split()))
    return {"kind": "solved", "packages": _packages(records)}


def _unanswered(message: str) -> dict[str, str]:
    """Keep of a long chain of causes the address and the last one."""
    url = URL.search(message)
    last = message.rsplit("Caused by: ", 1)[-1]
    kind = "channel" if NO_CHANNEL.search(message) else "network"
    return {"kind": kind, "message": (f"{url[1]}: {last}" if url else message)[:LONGEST]}


def _spec(text: str) -> Any:
    """Parse as leniently as conda does.

    Raises:
        ValueError: it is no match spec.
    """
    from rattler import MatchSpec

    try:
        return MatchSpec(text)
    except Exception as error:
        raise ValueError(f"{text!r}: {error}") from None


def _virtual(cuda: str) -> list[Any]:
    """Return the host as packages: what it is, never what this machine is."""
    from rattler import BuildString, GenericVirtualPackage, PackageName, Version

    facts = [("__unix", "0", "0"), ("__linux", KERNEL, "0"), ("__glibc", GLIBC, "0")]
    facts += [("__archspec", "1", ARCHITECTURE), *([("__cuda", cuda, "0")] if cuda else [])]
    return [GenericVirtualPackage(PackageName(n), Version(v), BuildString(b)) for n, v, b in facts]


async def _unknown(gateway: Any, channels: list[Any], specs: list[Any]) -> dict[str, list[str]]:
    """Return the asked names that no channel has, each with the nearest ones."""
    asked = sorted({spec.name.normalized for spec in specs if spec.name})
    known = {name.normalized for name in await gateway.names(channels, PLATFORMS)}
    return {name: get_close_matches(name, known, 3, 0.7) for name in asked if name not in known}


def _packages(records: list[Any]) -> list[dict[str, Any]]:
    """Return what is installed, in an order in which each package follows what it needs."""
    from rattler import PackageRecord

    by_name = {
        record.name.normalized: record for record in sorted(records, key=lambda r: str(r.name.normalized))
    }
    ordered = PackageRecord.sort_topologically(list(by_name.values()))
    return [
        {
            "name": record.name.normalized,
            "version": str(record.version),
            "build": str(record.build),
            "url": record.url,
            "sha256": record.sha256.hex() if record.sha256 else "",
            "size": record.size or 0,
        }
        for record in (by_name[package.name.normalized] for package in ordered)
    ]


def _short(message: str) -> str:
    lines = [line.rstrip() for line in message.splitlines() if line.strip()]
    return "\n".join(line.removeprefix("Cannot solve the request because of: ") for line in lines[:LINES])


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main()) + "\n")
    sys.stdout.flush()
    os._exit(0)

"""The stand-in's command line: create, env create, list, run, info, tos. `--version` says +standin."""

import argparse
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import engine  # type: ignore[import-not-found, unused-ignore]
import yaml

ROOT = Path(__file__).resolve().parents[2]
VERSION = "26.7.1+standin"
CACHE = ROOT / "pkgs"


def stop(kind: str, message: str) -> NoReturn:
    """End as conda does: the error's name and text on stderr, 1."""
    sys.stderr.write(f"\n{kind}: {message}\n\n")
    raise SystemExit(1)


def settings() -> dict[str, Any]:
    """Merge the .condarc files and the environment, in conda's order."""
    merged: dict[str, Any] = {"channels": ["defaults"], "channel_alias": "https://conda.anaconda.org"}
    for file in (ROOT / ".condarc", Path.home() / ".condarc"):
        if file.is_file():
            merged |= yaml.safe_load(file.read_text()) or {}
    alias = os.environ.get("CONDA_CHANNEL_ALIAS")
    return merged | ({"channel_alias": alias} if alias else {})


def urls(channels: Sequence[str], config: dict[str, Any]) -> list[str]:
    """Turn channel names into URLs, each once."""
    alias = str(config["channel_alias"]).rstrip("/")
    known = {"defaults": "https://repo.anaconda.com/pkgs/main"}
    found = [known.get(name) or (name if "://" in name else f"{alias}/{name}") for name in channels]
    return list(dict.fromkeys(found))


def accepted(url: str) -> Path:
    """Return the file that stands for accepted terms."""
    return Path.home() / ".conda/tos" / hashlib.sha256(url.encode()).hexdigest()


def check_terms(config: dict[str, Any]) -> None:
    """Refuse the configured channels of Anaconda whose terms nobody accepted, as conda's plugin does."""
    auto = os.environ.get("CONDA_PLUGINS_AUTO_ACCEPT_TOS", "").lower() in ("1", "yes", "true")
    if auto or os.environ.get("CI", "").lower() in ("1", "yes", "true"):
        return
    missing = [url for url in urls(config["channels"], config) if "repo.anaconda.com" in url]
    missing = [url for url in missing if not accepted(url).exists()]
    if missing:
        text = "Terms of Service have not been accepted for the following channels:\n    - "
        stop("CondaToSNonInteractiveError", text + "\n    - ".join(missing))


def read_environment(path: Path) -> dict[str, Any]:
    """Read an environment file, as strictly as conda."""
    if not path.is_file():
        stop("EnvironmentFileNotFound", f"'{path}' file not found")
    document = yaml.safe_load(path.read_text())
    if not isinstance(document, dict) or not isinstance(document.get("dependencies"), list):
        stop("EnvironmentFileInvalid", f"{path}: no dependencies")
    return document


def create(args: argparse.Namespace) -> int:
    """Create an environment from a lock, a file or specs."""
    config, prefix = settings(), prefix_of(args)
    check_terms(config)
    text = Path(args.file).read_text() if args.file else ""
    try:
        records = engine.explicit(text) if "@EXPLICIT" in text else solve(args, config)
    except Exception as error:
        kind = "LibMambaUnsatisfiableError" if engine.solver_failed(error) else "CondaHTTPError"
        stop(kind, f"{error}")
    try:
        engine.install(records, prefix, CACHE)
    except Exception as error:
        stop("ChecksumMismatchError" if "hash" in str(error).lower() else "CondaHTTPError", f"{error}")
    (prefix / "conda-meta/history").touch()
    if text and "@EXPLICIT" not in text:
        engine.keep_variables(read_environment(Path(args.file)).get("variables") or {}, prefix)
    sys.stdout.write(f"# To activate this environment, use\n#     $ conda activate {prefix}\n")
    return 0


def solve(args: argparse.Namespace, config: dict[str, Any]) -> list[Any]:
    """Solve what a file or the command line asks for; the configured channels come last, as in conda."""
    document = read_environment(Path(args.file)) if args.file else {"dependencies": args.packages}
    channels = [*(document.get("channels") or []), *config["channels"]]
    return list(engine.solve(urls(channels, config), document["dependencies"], CACHE / "cache"))


def prefix_of(args: argparse.Namespace) -> Path:
    """Return the environment that -p or -n means."""
    if args.prefix:
        return Path(args.prefix).absolute()
    return ROOT if args.name in (None, "base") else ROOT / "envs" / args.name


def installed(prefix: Path) -> list[dict[str, Any]]:
    """Return the records of an environment's packages, by name."""
    found = [json.loads(path.read_text()) for path in (prefix / "conda-meta").glob("*.json")]
    return sorted(found, key=lambda record: str(record["name"]))


def list_packages(args: argparse.Namespace) -> int:
    """List an environment, or write it as an @EXPLICIT lock."""
    records = installed(prefix_of(args))
    if args.explicit:
        hashes = ["#" + record["sha256"] if args.sha256 else "" for record in records]
        lines = [record["url"] + digest for record, digest in zip(records, hashes, strict=True)]
        lines = ["# platform: linux-64", "@EXPLICIT", *lines]
    else:
        lines = [f"{record['name']:24} {record['version']:14} {record['build']}" for record in records]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def run(args: argparse.Namespace) -> int:
    """Run a command in an environment."""
    prefix = prefix_of(args)
    if not (prefix / "conda-meta").is_dir():
        stop("EnvironmentLocationNotFound", f"Not a conda environment: {prefix}")
    path = f"{prefix}/bin:{os.environ.get('PATH', '')}"
    return subprocess.run(args.rest, check=False, env=os.environ | {"PATH": path}).returncode


def info(args: argparse.Namespace) -> int:
    """Say what this is."""
    told = {"conda_version": VERSION, "root_prefix": str(ROOT), "standin": True}
    sys.stdout.write(json.dumps(told, indent=1) + "\n" if args.json else f"{ROOT}\n")
    return 0


def terms(args: argparse.Namespace) -> int:
    """Accept the terms of the configured channels, or of those named."""
    config = settings()
    for url in urls(args.channel or config["channels"], config):
        accepted(url).parent.mkdir(parents=True, exist_ok=True)
        accepted(url).touch()
    return 0


def parser() -> argparse.ArgumentParser:
    """Describe the flags that the bootstrap and the tests use."""
    top = argparse.ArgumentParser(prog="conda", description="a stand-in for conda, for tests")
    top.add_argument("--version", "-V", action="version", version=f"conda {VERSION}")
    commands = top.add_subparsers(required=True)
    environments = commands.add_parser("env").add_subparsers(required=True)
    for command, group in ((create, commands), (create, environments)):
        _common(group.add_parser("create"), command).add_argument("packages", nargs="*")
    listing = _common(commands.add_parser("list"), list_packages)
    for flag in ("--explicit", "--sha256"):
        listing.add_argument(flag, action="store_true")
    _common(commands.add_parser("info"), info)
    _common(commands.add_parser("run"), run).add_argument("rest", nargs=argparse.REMAINDER)
    agree = _common(commands.add_parser("tos"), terms)
    agree.add_argument("action", choices=["accept"])
    agree.add_argument("--channel", action="append")
    return top


def _common(sub: argparse.ArgumentParser, command: Any) -> argparse.ArgumentParser:
    for flags in (("-p", "--prefix"), ("-n", "--name"), ("-f", "--file")):
        sub.add_argument(*flags)
    for flags in (("-y", "--yes"), ("-q", "--quiet"), ("--json", "--json")):
        sub.add_argument(*dict.fromkeys(flags), action="store_true")
    sub.set_defaults(command=command)
    return sub


def main() -> int:
    """Run one command."""
    args = parser().parse_args()
    return int(args.command(args))


def exit_now() -> NoReturn:
    """End without the interpreter's clean-up: py-rattler's threads can abort it there."""
    try:
        code: object = main()
    except SystemExit as error:
        code = error.code
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 0 if code is None else 1)


exit_now()

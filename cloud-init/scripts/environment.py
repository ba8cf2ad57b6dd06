"""Split environment.yml for the bootstrap: environment.py CONF_DIR OUT_DIR, by the system's Python.

Writes conda.yml (no pip section), pip.txt, names.txt, lock.txt and environment.env (quoted for the shell).
"""

import json
import re
import shlex
import sys
from pathlib import Path

import yaml

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}\Z")
CUDA = re.compile(r"(?:\S+::)?(?:cuda-version|pytorch-cuda|cuda-toolkit|cudatoolkit)\s*(?:[=~>]=|=)?\s*(\d+)")
LOCK_CUDA = re.compile(r"^#.*\bcuda=(\d+)", re.M)


def is_lines(value):
    """Tell whether a pip section is a list, or empty."""
    return value is None or isinstance(value, list)


def split(document):
    """Return (conda packages, pip lines) of a parsed environment.yml."""
    dependencies = document.get("dependencies") if isinstance(document, dict) else None
    if not isinstance(dependencies, list) or not dependencies:
        sys.exit("it needs a list named dependencies")
    conda = [item for item in dependencies if isinstance(item, str)]
    others = [item for item in dependencies if not isinstance(item, str)]
    if not all(isinstance(item, dict) and set(item) == {"pip"} and is_lines(item["pip"]) for item in others):
        sys.exit(f"a dependency is text or a pip section, not {others[0]!r}")
    return conda, [str(line) for item in others for line in item["pip"] or []]


def pip_line(line, conf_dir):
    """Return a pip line that means the same on this host, or stop where it names a file elsewhere."""
    option = re.match(r"(-r|--requirement|-c|--constraint)[ =]*(?!https?:)(\S+)", line)
    if option:
        path = conf_dir / option[2]
        if not path.is_file():
            sys.exit(f"pip line {line!r}: there is no {path}")
        return f"{option[1]} {path}"
    if re.match(r"(-e\s|--editable)(?!.*://)|[./~]", line):
        sys.exit(f"pip line {line!r}: a path of your own machine, unknown on the host")
    return line


def names(conda, pip):
    """Return the bare names of what was asked for."""
    found = [re.match(r"(?:[^\s:]+::)?([A-Za-z0-9._-]+)", item) for item in conda]
    found += [re.match(r"([A-Za-z0-9._-]+)(?!\S*://)", item) for item in pip if not item.startswith("-")]
    return [match[1] for match in found if match]


def main(conf_dir, out):
    """Write what the steps need, or end with one line that says what is wrong."""
    try:
        document = yaml.safe_load((conf_dir / "environment.yml").read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        sys.exit(" ".join(str(error).split()))
    conda, pip = split(document)
    pip = [pip_line(line, conf_dir) for line in pip]
    name = document.get("name") or "gpuinfra"
    if not isinstance(name, str) or not NAME.match(name) or name == "base":
        sys.exit(f"name {name!r}: use letters, digits, . _ - (and not base)")
    needs_pip = pip or (conf_dir / "requirements.txt").exists()
    if needs_pip and "pip" not in names(conda, []):
        conda.append("pip")
    # conda took `nodefaults` for a channel in some versions; the name and prefix are the bootstrap's.
    kept = {key: value for key, value in document.items() if key not in ("name", "prefix")}
    kept["channels"] = [channel for channel in document.get("channels") or [] if channel != "nodefaults"]
    kept["dependencies"] = conda
    lock_file = conf_dir / "conda.lock"
    lock = lock_file.read_text(encoding="utf-8") if lock_file.exists() else ""
    cuda = [match[1] for match in map(CUDA.match, conda) if match] + LOCK_CUDA.findall(lock)
    values = {"ENV_NAME": name, "CUDA_MAJOR": cuda[0] if cuda else ""}
    (out / "conda.yml").write_text(json.dumps(kept, indent=1) + "\n")
    (out / "lock.txt").write_text(lock)
    (out / "pip.txt").write_text("".join(f"{line}\n" for line in pip), encoding="utf-8")
    (out / "names.txt").write_text("".join(f"{item}\n" for item in names(conda, pip)))
    env = "".join(f"{key}={shlex.quote(value)}\n" for key, value in values.items())
    (out / "environment.env").write_text(env)


main(Path(sys.argv[1]), Path(sys.argv[2]))

"""Make a stand-in for the Miniconda installer: the real one's flags and words, a working base inside."""

import gzip
import importlib.util
import io
import sys
import sysconfig
import tarfile
from dataclasses import dataclass
from pathlib import Path

from gpuinfra.simulator.conda.packages import MTIME, Interpreter, local_interpreter, member

STANDIN = Path(__file__).with_name("standin")

HEADER = r"""#!/bin/sh
# A STAND-IN for tests, made by gpuinfra. Not Anaconda's Miniconda and not Miniforge.
set -eu
if ! echo "$0" | grep '\.sh$' >/dev/null; then
  echo 'Please run using "bash"/"sh", but not "." or "source".' >&2; exit 1
fi
PREFIX="${HOME:-/opt}/miniconda3"; BATCH=0; FORCE=0
while getopts "bifhkp:sumtc" x; do case "$x" in
  h) echo "usage: $0 [-b] [-f] [-p PREFIX] [-u] (gpuinfra's stand-in installer)"; exit 2;;
  b) BATCH=1;; f|u) FORCE=1;; p) PREFIX="$OPTARG";; i|k|s|m|t|c) ;;
  ?) echo "ERROR: did not recognize option, please try -h"; exit 1;;
esac; done
if [ "$BATCH" = 0 ]; then
  printf 'Do you accept the license terms? [yes|no]\n>>> '; read -r ans || ans=no
  [ "$ans" = yes ] || { echo "The license agreement wasn't approved, aborting installation."; exit 2; }
fi
case "$PREFIX" in *\ *) echo "ERROR: Cannot install into directories with spaces" >&2; exit 1;; esac
if [ "$FORCE" = 0 ] && [ -e "$PREFIX" ]; then
  printf "ERROR: File or directory already exists: '%s'\n" "$PREFIX" >&2
  echo "If you want to update an existing installation, use the -u option." >&2; exit 1
fi
THIS="$(cd "$(dirname "$0")" && pwd)/$(basename "$0")"
mkdir -p "$PREFIX" || { echo "ERROR: Could not create directory: '$PREFIX'." >&2; exit 1; }
PREFIX=$(cd "$PREFIX" && pwd); echo "PREFIX=$PREFIX"
echo "Unpacking payload..."
tail -n +@LINES@ "$THIS" | tar -xzf - -C "$PREFIX" || { echo "ERROR: could not extract payload" >&2; exit 1; }
sed -i "s#@PREFIX@#$PREFIX#g" "$PREFIX/bin/conda" "$PREFIX/etc/profile.d/conda.sh"
"$PREFIX/bin/python" -c 'import yaml' || { echo "ERROR: base python does not start" >&2; exit 1; }
echo "installation finished. (stand-in)"; exit 0
"""

CONDA = '#!/bin/sh\nexec "@PREFIX@/bin/python" "@PREFIX@/lib/standin/main.py" "$@"\n'
CONDA_SH = """export CONDA_EXE='@PREFIX@/bin/conda'
STATE='import json, shlex, sys
for name, value in json.load(open(sys.argv[1]))["env_vars"].items():
    print(f"export {name}={shlex.quote(value)}")'
conda() {
  case "${1:-}" in
    activate)
      case "${2:-base}" in base) _p='@PREFIX@' ;; */*) _p=$2 ;; *) _p="@PREFIX@/envs/$2" ;; esac
      [ -d "$_p/conda-meta" ] || { echo "EnvironmentNameNotFound: $2" >&2; return 1; }
      PATH="$_p/bin:${PATH#"${CONDA_PREFIX:-//}/bin:"}"
      export PATH CONDA_PREFIX="$_p" CONDA_DEFAULT_ENV="${_p##*/}" CONDA_SHLVL=1
      [ ! -r "$_p/conda-meta/state" ] || eval "$('@PREFIX@/bin/python' -c "$STATE" "$_p/conda-meta/state")"
      for _s in "$_p"/etc/conda/activate.d/*.sh; do [ ! -r "$_s" ] || . "$_s"; done ;;
    *) "$CONDA_EXE" "$@" ;;
  esac
}
"""


@dataclass(frozen=True, kw_only=True)
class Base:
    """What the installer puts down: links to a Python of the host, and what must be carried along."""

    python: Interpreter
    carried: tuple[Path, ...] = ()


def local_base() -> Base:
    """Return a base for this machine: py-rattler is found where the tests have it."""
    return Base(python=local_interpreter())


def host_base(python: Interpreter) -> Base:
    """Return a base for another machine, whose Python has PyYAML; py-rattler (abi3) is carried along."""
    found = importlib.util.find_spec("rattler")  # not imported: it may abort an interpreter that ends
    carried = map(Path, found.submodule_search_locations or ()) if found else ()
    return Base(python=python, carried=tuple(carried))


def build(target: Path, base: Base) -> Path:
    """Write the installer; equal inputs give equal bytes."""
    header = HEADER.replace("@LINES@", str(HEADER.count("\n") + 1)).encode()
    target.parent.mkdir(parents=True, exist_ok=True)
    # What is carried is large; time matters more than size on loopback.
    target.write_bytes(header + gzip.compress(_payload(base), compresslevel=1, mtime=0))
    return target


def _payload(base: Base) -> bytes:
    python = base.python
    shared = str(bool(base.carried)).lower()
    home = Path(python.exe).parent
    files = {
        "pyvenv.cfg": f"home = {home}\ninclude-system-site-packages = {shared}\n",
        "bin/conda": CONDA,
        "etc/profile.d/conda.sh": CONDA_SH,
        "conda-meta/history": "",
        ".condarc": "channels:\n  - defaults\n",  # what Miniconda ships
        **{f"lib/standin/{path.name}": path.read_text() for path in sorted(STANDIN.glob("[!_]*.py"))},
    }
    if not base.carried:
        files[f"{python.site}/standin.pth"] = sysconfig.get_paths()["purelib"] + "\n"
    links = {"bin/python3": python.exe, "bin/python": "python3", f"bin/python{python.minor}": "python3"}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, text in files.items():
            tar.addfile(member(name, size=len(text.encode())), io.BytesIO(text.encode()))
        for name, link in links.items():
            tar.addfile(member(name, link=link))
        for path in base.carried:
            tar.add(path, arcname=f"{python.site}/{path.name}", filter=_steady)
    return out.getvalue()


def _steady(found: tarfile.TarInfo) -> tarfile.TarInfo | None:
    found.mtime, found.uid, found.gid, found.uname, found.gname = MTIME, 0, 0, "", ""
    return None if "__pycache__" in found.name else found


if __name__ == "__main__":
    given = sys.argv[2:]
    build(
        Path(sys.argv[1]),
        host_base(Interpreter(exe=given[0], version=given[1])) if given else local_base(),
    )

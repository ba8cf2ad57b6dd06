"""Set-up's own steps that need no network."""

import re
import subprocess
import sys
from pathlib import Path

from gpuinfra.install import ROOT, builder, make_lean

PIPS = """#!{python}
# -*- coding: utf-8 -*-
import re
import sys
from gpuinfra.__main__ import main
if __name__ == '__main__':
    sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])
    sys.exit(main())
"""


def test_it_needs_the_standard_library_alone() -> None:
    """What runs before .venv exists imports no installed library."""
    code = "import gpuinfra.install, gpuinfra.simulator.programs, sys; sys.exit('boto3' in sys.modules)"
    subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, check=True)


def test_the_start_script_imports_nothing_slow(tmp_path: Path) -> None:
    """The same interpreter, the same program, still executable; a second time nothing changes."""
    script = tmp_path / "gpuinfra"
    script.write_text(PIPS.format(python="/a/.venv/bin/python"))
    script.chmod(0o755)
    for _ in range(2):
        make_lean(script)
        text = script.read_text()
        assert text.startswith("#!/a/.venv/bin/python\nimport sys\nfrom gpuinfra.__main__ import main\n")
        assert "import re" not in text
        assert script.stat().st_mode & 0o777 == 0o755


def test_what_builds_a_package_from_source_is_in_the_lock() -> None:
    """By its hashes, like all others; one package comes as source, and nothing is fetched to build it."""
    lock = (ROOT / "requirements.lock").read_text()
    first, *hashes = builder(lock).splitlines()
    assert first.startswith("setuptools==")
    assert hashes
    assert all(line.startswith("    --hash=sha256:") for line in hashes)
    assert not hashes[-1].endswith("\\")
    # which has one file only has no wheel
    alone = re.findall(r"^(\S+)==\S+(?: ;.*)? \\\n    --hash=\S+\n", lock, re.MULTILINE)
    assert alone == ["python-terraform"]


def test_a_script_that_starts_another_way_stays(tmp_path: Path) -> None:
    """Pip starts it by /bin/sh where the path to the interpreter is too long for a #! line."""
    script = tmp_path / "gpuinfra"
    long = PIPS.format(python="/bin/sh\n'''exec' /very/long/python \"$0\" \"$@\"\n' '''")
    script.write_text(long)
    make_lean(script)
    assert script.read_text() == long

"""A host that comes back in another zone has all that it had: each file, its environment, its alias."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpuinfra.simulator.conda.offline_setup import set_up_offline
from gpuinfra.simulator.lab import requirements
from gpuinfra.simulator.lab.lab import open_lab
from gpuinfra.simulator.project_copy import copy_project, private_env
from tests.e2e.cli import Cli
from tests.e2e.conftest import ROOT
from tests.e2e.first_boot.lab_stack import LabStack
from tests.running_provider import running_provider

pytestmark = pytest.mark.e2e

# What a user has besides the environment: an odd mode, a link, a name with a space, what root wrote; and a
# deleted file of the image.
WORK = """
mkdir -p run && head -c 300000 /dev/urandom >'run/check point.bin' && ln -s 'run/check point.bin' newest
echo secret >run/key && chmod 600 run/key && sudo sh -c 'echo mine >/etc/mine.conf && rm /etc/issue'
"""
# Every file of theirs with its content, mode, owner and link; not the programs that every command renews.
LISTED = r"""
cd / && test ! -e etc/issue && own=home/ubuntu/.cache/gpuinfra &&
sudo find home etc/mine.conf etc/gpuinfra -xdev -path $own -prune -o \( -type f -o -type l \) -print0 |
sort -z | sudo xargs -0 sh -c 'for f; do
  stat -c "%n %a %U %F %s" "$f"; test -L "$f" && readlink "$f" || sha256sum <"$f"
done' sh
"""
# When the environment was built, to the nanosecond.
BUILT = "stat -c '%y' ~/miniconda3/envs/*/conda-meta/history"


@pytest.fixture(scope="session")
def stack(installed: Path) -> Iterator[LabStack]:
    """A ready host in a lab of its own: it ends, and another one takes its place."""
    if reason := requirements.why_not():
        pytest.skip(reason)
    # not below pytest's own directory: a Unix socket's path has to be short
    with tempfile.TemporaryDirectory(prefix="gi-") as scratch, open_lab() as lab:
        home = Path(scratch)
        project = copy_project(ROOT, home / "clone")
        set_up_offline(lab.mirror, lab.image, project)
        env = private_env(lab.env({**os.environ, "HOME": scratch, "XDG_RUNTIME_DIR": ""}), home, project)
        with running_provider(installed, env, enter=lab.command([])) as provider:
            made = LabStack(lab=lab, home=home, cli=Cli(project=project, env=env | provider, lab=lab))
            made.cli.ok("up", "--yes")
            yield made


def test_all_is_as_it_was(stack: LabStack) -> None:
    """The new host is verified anew; nothing is built again; no copy is left; the plan is empty."""
    stack.on_host(WORK)
    old, before, built = stack.recorded, stack.on_host(LISTED), stack.on_host(BUILT)
    stack.cli.ok("stop", "--yes")
    stack.lab.simulator.capacity(0, zone=str(old["availability_zone"]))

    done = stack.run("start", "--yes")
    assert done.returncode == 0, done.stderr
    assert "is proven" in done.stderr
    new = stack.recorded
    assert new["instance_id"] != old["instance_id"]
    assert new["availability_zone"] != old["availability_zone"]
    assert stack.on_host("ec2=$(hostname); echo ok") == "ok"
    assert stack.on_host(BUILT) == built
    assert set(stack.on_host(LISTED).split("\n")) ^ set(before.split("\n")) == set()
    assert "check point.bin" in before
    alias = stack.tool("ssh", "-F", str(stack.pin.with_suffix(".conf")), "gpuinfra-default", "cat", "run/key")
    assert alias.stdout.strip() == "secret", alias.stderr
    assert not (stack.pin.parent / str(old["instance_id"])).exists(), "the old host's key is forgotten"
    assert not {"images", "snapshots"} & set(stack.lab.simulator.leftovers())
    assert stack.cli.json("plan") == {"changes": [], "outputs_changed": False}
    stack.cli.ok("down", "--yes")
    assert stack.lab.simulator.leftovers() == {}

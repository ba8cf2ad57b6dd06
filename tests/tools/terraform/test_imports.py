"""What is taken over goes to Terraform as a file beside its own, for one plan."""

import json
import os
from contextlib import nullcontext
from pathlib import Path

from gpuinfra.tools.terraform.runner import TerraformCli

PROGRAM = """\
#!/bin/sh
echo "$@" >> calls
[ -e gpuinfra-import.tf.json ] && cat gpuinfra-import.tf.json >> imports
mkdir -p .terraform
"""


def test_imports_are_there_for_their_plan_alone(tmp_path: Path) -> None:
    """A later plan would ask AWS for ids that may be gone; those of a killed run go before the next one."""
    program, state = tmp_path / "terraform", tmp_path / "recovered.tfstate"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    env = {"PATH": os.environ["PATH"]}
    terraform = TerraformCli(
        binary=program,
        directory=tmp_path,
        env=env,
        credentials=lambda env, _: nullcontext(env),
        on_interrupt=lambda _: None,
        on_warning=print,
    )
    imports = tmp_path / "gpuinfra-import.tf.json"

    terraform.plan_import(tmp_path / "plan", {'m.r["x y"]': "i-1"}, state=state, on_progress=lambda _: None)
    assert json.loads((tmp_path / "imports").read_text()) == {"import": [{"to": 'm.r["x y"]', "id": "i-1"}]}
    assert not imports.exists()

    terraform.apply_import(tmp_path / "plan", state=state, on_progress=lambda _: None)
    for call in (tmp_path / "calls").read_text().splitlines():
        assert {f"-state={state}", "-backup=-", "-json", "-input=false"} <= set(call.split())

    imports.write_text("{}")
    terraform.init()
    assert not imports.exists()

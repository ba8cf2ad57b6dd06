"""What Terraform is handed besides the files, and what is refused before it starts."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from gpuinfra.ground.errors import ConfigError, TerraformError
from gpuinfra.tools.terraform.runner import TerraformCli
from tests.tools.terraform.test_runner import Recorder, ignore, make, recorder

__all__ = ["make", "recorder"]  # fixtures


def test_destroy_has_values_where_no_file_has(recorder: Recorder, make: Callable[[], TerraformCli]) -> None:
    """Terraform asks for them even to destroy; the environment counts least, so a file wins."""
    make().destroy(instead={"owner": "ada", "allowed_cidrs": []}, on_progress=ignore)
    (call,) = recorder.calls()
    assert call[-2:] == ["TF_VAR_allowed_cidrs=[]", "TF_VAR_owner=ada"]


@pytest.mark.parametrize("block", ['backend "s3" {', "cloud {"])
def test_a_state_that_is_kept_elsewhere_is_refused(
    block: str, recorder: Recorder, make: Callable[[], TerraformCli], tmp_path: Path
) -> None:
    """Hosts recorded where gpuinfra does not look would be made a second time, and never be found."""
    (tmp_path / "my stack's" / "mine.tf").write_text(f"terraform {{\n  {block}\n  }}\n}}\n")
    with pytest.raises(ConfigError, match=r"mine\.tf keeps Terraform's state elsewhere"):
        make().init()
    assert recorder.calls() == []


@pytest.mark.parametrize("code", [0, 1])
def test_what_init_warns_of_is_told(
    code: int, recorder: Recorder, make: Callable[[], TerraformCli], capsys: pytest.CaptureFixture[str]
) -> None:
    """As the warnings of a plan are, whether it goes well or not."""
    warning = {"severity": "warning", "summary": "Old lock", "detail": "Renew it."}
    recorder.answer(json.dumps({"type": "diagnostic", "diagnostic": warning}) + "\n", code=code)
    with suppress(TerraformError):
        make().init()
    assert capsys.readouterr().out == "warning of Terraform: Old lock\nRenew it.\n"

"""What else a stack's directory may hold that Terraform evaluates."""

from pathlib import Path

import pytest

from gpuinfra.ground.errors import ConfigError
from tests.tools.terraform.test_tfvars import TEXT, read


@pytest.mark.parametrize(
    "name",
    ["a.auto.tfvars", "a.auto.tfvars.json", "terraform.tfvars.json", "override.tf", "my_override.tf.json"],
)
def test_what_overrides_in_silence_is_refused_by_name(name: str, tmp_path: Path) -> None:
    """Terraform would prefer it; it is told, with the command that puts it out of the way."""
    path = tmp_path / "terraform.tfvars"
    path.write_text(TEXT)
    (tmp_path / name).write_text("{}")
    with pytest.raises(ConfigError, match=f"{name} overrides terraform.tfvars in silence") as caught:
        read(path)
    assert caught.value.hint.startswith(f"mv {tmp_path / name} {tmp_path / name}.off")
    (tmp_path / name).rename(tmp_path / f"{name}.off")
    assert read(path).owner == "ada"


def test_a_variable_of_the_users_own_is_known(tmp_path: Path) -> None:
    """A file beside the root may declare more; what it asks for must be there."""
    path = tmp_path / "terraform.tfvars"
    (tmp_path / "mine.tf").write_text('variable "mine" {\n  type = string\n}\n')
    path.write_text(TEXT)
    with pytest.raises(ConfigError, match="does not set mine"):
        read(path)
    path.write_text(TEXT + 'mine = "x"\n')
    assert read(path).owner == "ada"

"""A copied project: what a clone holds, and the Terraform that set-up fetched for it."""

from pathlib import Path

from gpuinfra.simulator.project_copy import copy_project
from gpuinfra.tools.terraform import binary


def test_a_fetched_terraform_is_found_from_the_copy(tmp_path: Path) -> None:
    """On a machine that has none on its PATH: the demo and the tests run in copies."""
    clone, program = tmp_path / "clone", f".tools/terraform-{binary.VERSION}/terraform"
    for folder in ("terraform", "cloud-init", f".tools/terraform-{binary.VERSION}"):
        (clone / folder).mkdir(parents=True)
    (clone / "environment.yml").touch()
    (clone / "test.py").touch()
    (clone / "terraform/terraform.tfstate").touch()
    (clone / program).touch()
    copied = copy_project(clone, tmp_path / "copy")
    assert binary.find(copied / ".tools", {"PATH": str(tmp_path)}) == copied / program
    assert not (copied / "terraform/terraform.tfstate").exists()

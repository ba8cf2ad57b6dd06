"""What pyproject.toml cannot say: the wheel carries the Terraform module and the cloud-init templates.

They lie beside the package, where a user reads and edits them, and go into it as gpuinfra/shipped. Only what
is named here goes along: nobody's values, state or provider.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
SHIPPED = (
    "terraform/*.tf", "terraform/.terraform.lock.hcl", "terraform/terraform.tfvars.example",
    "terraform/modules/**/*.tf", "terraform/modules/**/*.json", "terraform/modules/**/README.md",
    "cloud-init/**/*", "environment.yml", "test.py",
)  # fmt: skip


class BuildWithModule(build_py):
    """Copies them when a wheel is built; a clone that is installed to be edited uses its own."""

    def run(self) -> None:
        """Build the package, then add what it carries."""
        super().run()
        if self.editable_mode:
            return
        for pattern in SHIPPED:
            for path in ROOT.glob(pattern):
                if path.is_file():
                    target = Path(self.build_lib, "gpuinfra", "shipped", path.relative_to(ROOT))
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(path, target)


setup(cmdclass={"build_py": BuildWithModule})

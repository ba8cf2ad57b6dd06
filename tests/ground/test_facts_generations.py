"""Kernel modules: which a GPU needs and an image has, from one dated file."""

import pytest

from gpuinfra.ground import facts


@pytest.mark.parametrize(
    ("instance_type", "image", "known"),
    [
        ("g4dn.xlarge", "aws-nvidia", ("", "open", True)),
        ("g4dn.xlarge", "nvidia", ("", None, True)),
        ("p6-b200.48xlarge", "aws-nvidia", ("open", "open", True)),
        ("g7e.2xlarge", "aws-nvidia", ("open", "open", False)),
        ("p3.2xlarge", "nvidia", ("proprietary", None, True)),
        ("g9.huge", "aws-nvidia", ("", "open", False)),
    ],
)
def test_kernel_modules(instance_type: str, image: str, known: tuple[str, str | None, bool]) -> None:
    """A family that the file does not name needs nothing special; one that no note lists is told."""
    assert facts.kernel_modules(instance_type, image) == known

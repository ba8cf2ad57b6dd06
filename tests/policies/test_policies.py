"""Our own checks against small good and bad Terraform, and the exact list of what is excused."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.scan import ROOT

CHECKOV = ROOT / ".tools" / "checkov" / "bin" / "checkov"
FIXTURES = Path(__file__).parent / "fixtures"
OURS = {"CKV_GPU_1", "CKV_GPU_2", "CKV_GPU_3", "CKV_GPU_4"}
# Who adds to this list explains it to a reviewer.
SKIPS = {
    ("CKV_AWS_88", "modules/host/modules/instance/main.tf"),
    ("CKV_AWS_126", "modules/host/modules/instance/main.tf"),
    ("CKV_AWS_135", "modules/host/modules/instance/main.tf"),
    ("CKV_AWS_290", "modules/host/modules/instance/iam.tf"),
    ("CKV_AWS_355", "modules/host/modules/instance/iam.tf"),
    ("CKV_AWS_297", "modules/host/lease.tf"),
    ("CKV2_AWS_5", "modules/host/modules/security_group/main.tf"),
    ("CKV2_AWS_11", "modules/host/modules/network/main.tf"),
}
EXPECTED = re.compile(r'^# (CKV_GPU_\d)\nresource "(\w+)" "(\w+)"', re.MULTILINE)
SKIP = re.compile(r"(?:checkov|bridgecrew|cortex):skip=(\w+)(?::\s*(.*))?", re.IGNORECASE)


@pytest.fixture(scope="module")
def refused() -> set[tuple[str, str, str]]:
    """What checkov refuses in the fixtures by our checks: file, check, resource."""
    assert CHECKOV.exists(), "checkov is not installed: make scan"
    arguments = [f"--check={','.join(sorted(OURS))}", "--framework=terraform", "--skip-download", "-o=json"]
    command = [
        str(CHECKOV),
        f"--directory={FIXTURES}",
        "--external-checks-dir=terraform/policies",
        *arguments,
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    failed = json.loads(done.stdout)["results"]["failed_checks"]
    return {(check["file_path"].lstrip("/"), check["check_id"], check["resource"]) for check in failed}


def test_each_bad_resource_is_refused_by_the_check_named_above_it(refused: set[tuple[str, str, str]]) -> None:
    """A bad resource is refused by its check and by no other check of ours."""
    expected = {(check, f"{kind}.{name}") for check, kind, name in bad_resources()}
    assert {(check, resource) for file, check, resource in refused if file == "bad.tf"} == expected


def test_nothing_good_is_refused(refused: set[tuple[str, str, str]]) -> None:
    """A check that cries wolf would soon be skipped."""
    assert {entry for entry in refused if entry[0] == "good.tf"} == set()


def test_every_check_of_ours_is_tried() -> None:
    """A new check needs a bad example."""
    sources = "".join(path.read_text() for path in (ROOT / "terraform" / "policies").glob("*.py"))
    assert {check for check, _, _ in bad_resources()} == OURS == set(re.findall(r'id="(\w+)"', sources))


def test_the_excuses_are_exactly_these_and_each_has_a_reason() -> None:
    """A new skip needs a line here as well; none may stand in a config file, where no reason is read."""
    found = {(check, file): reason for check, file, reason in inline_skips()}
    assert set(found) == SKIPS
    assert all(len(reason) > 20 for reason in found.values())
    assert "skip-check" not in (ROOT / ".checkov.yaml").read_text()


def bad_resources() -> list[tuple[str, str, str]]:
    """Return check, type and name of each resource in bad.tf."""
    text = (FIXTURES / "bad.tf").read_text()
    found = [match.groups() for match in EXPECTED.finditer(text)]
    assert len(found) == text.count("\nresource "), "a resource without the name of its check"
    return [(check, kind, name) for check, kind, name in found]


def inline_skips() -> list[tuple[str, str, str]]:
    """Return check, file and reason of each skip in the modules."""
    module = ROOT / "terraform"
    files = [*module.glob("*.tf"), *module.glob("modules/**/*.tf")]
    texts = [(path.relative_to(module).as_posix(), path.read_text()) for path in files]
    return [(check, name, reason) for name, text in texts for check, reason in SKIP.findall(text)]

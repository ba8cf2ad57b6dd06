"""The scan's verdict: what counts as clean, and what is printed."""

from tests.scan import Report, read, table

CHECK = {
    "check_id": "CKV_AWS_24",
    "check_name": "No ingress from 0.0.0.0:0 to port 22",
    "resource": "module.host.module.security_group.aws_security_group.this",
    "file_path": "/modules/host/modules/security_group/main.tf",
    "file_line_range": [13, 23],
    "check_result": {"result": "FAILED"},
}
SKIPPED = {**CHECK, "check_result": {"result": "SKIPPED", "suppress_comment": " one user"}}


def report(**results: object) -> Report:
    """Return the report of a run with these results."""
    return read("modules", {"results": results})


def test_all_passed_is_clean() -> None:
    """Passed and skipped checks are no failure."""
    assert report(passed_checks=[CHECK], skipped_checks=[SKIPPED]).is_clean


def test_one_failure_is_not_clean() -> None:
    """One failure outweighs any number of passes."""
    assert not report(passed_checks=[CHECK] * 99, failed_checks=[CHECK]).is_clean


def test_a_run_that_saw_nothing_is_not_clean() -> None:
    """checkov on an empty directory prints a bare summary and exits 0: no false green."""
    assert not read("plan", {"passed": 0, "failed": 0, "skipped": 0}).is_clean


def test_a_file_that_checkov_cannot_read_is_not_clean() -> None:
    """What was not read was not checked."""
    assert not report(passed_checks=[CHECK], parsing_errors=["/main.tf"]).is_clean


def test_the_table_names_check_resource_place_and_reason() -> None:
    """A failure says where to look, a skip says why."""
    lines = "\n".join(table(report(failed_checks=[CHECK], skipped_checks=[SKIPPED])))
    assert "FAIL CKV_AWS_24" in lines
    assert "modules/host/modules/security_group/main.tf:13" in lines
    assert "one user" in lines

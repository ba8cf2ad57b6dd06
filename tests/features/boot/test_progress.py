"""A boot as rows of a live view."""

from gpuinfra.features.boot.progress import BootRows
from gpuinfra.ground import boot_status
from gpuinfra.ground.boot_status import Boot
from tests.ground.test_boot_status import look


def test_rows_mark_what_is_done_present_and_to_come() -> None:
    """The timeline names each step in plain words; the present one knows since when it goes on."""
    rows = BootRows().rows(boot_status.parse(look()), 7.0)
    assert [row.mark for row in rows] == ["done", "now", "later"]
    assert rows[0].text == "check the host and its disk  1.5 s"
    assert "try 2 of 4" in rows[1].text
    assert [row.since for row in rows] == [None, 7.0, None]


def test_a_step_counts_from_its_first_look() -> None:
    """Until the host comes to another one."""
    rows = BootRows()
    for now, step in ((1.0, "env-conda"), (5.0, "env-conda"), (9.0, "verify")):
        present = [row for row in rows.rows(boot_status.parse(look(step=step)), now) if row.mark == "now"]
    assert [row.since for row in present] == [9.0]
    assert rows.rows(Boot(state="waiting", message="starting up"), 11.0)[0].since == 11.0


def test_a_failed_step_says_what_the_host_does_about_it() -> None:
    """It tries again, or goes on, without anybody's help."""
    rows = BootRows().rows(boot_status.parse(look(state="failed", rc=75)), 1.0)
    (row,) = [row for row in rows if row.mark == "failed"]
    assert row.text.endswith("failed; the host tries again by itself, unless that is of no use")

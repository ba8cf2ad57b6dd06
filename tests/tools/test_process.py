"""The child process: its signals, its output, and that it is always waited for."""

import logging
import os
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from gpuinfra.ground.errors import HostError
from gpuinfra.tools import process
from tests.waiting import wait_until

# A child that counts its SIGINTs and ends after so many, or when there is a file of that name.
CHILD = """
import os, signal, sys, time
wanted, seen = int(sys.argv[1]), []
signal.signal(signal.SIGINT, lambda *_: seen.append(1))
print("ready", flush=True)
while len(seen) < wanted and not os.path.exists("".join(sys.argv[2:])):
    time.sleep(0.01)
print(f"{len(seen)} signals", flush=True)
sys.exit(7)
"""


def run(
    *args: str,
    on_line: Callable[[str], None],
    on_interrupt: Callable[[int], None] = lambda _: None,
    child: str = CHILD,
) -> process.Ended:
    """Run a Python child."""
    argv = [sys.executable, "-c", child, *args]
    return process.stream(argv, cwd=Path.cwd(), env=os.environ, on_line=on_line, on_interrupt=on_interrupt)


def press(noted: Sequence[int], times: int = 1, *, signum: int = signal.SIGINT) -> threading.Thread:
    """Signal this process some times, as a terminal would, from beside: again when the last one was noted."""

    def presses() -> None:
        for before in range(times):
            wait_until(lambda: len(noted) == before, "the last one to be noted")  # noqa: B023  # called here
            os.kill(os.getpid(), signum)

    thread = threading.Thread(target=presses)
    thread.start()
    return thread


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_is_passed_on_once(signum: int) -> None:
    """Whatever signal ends us reaches the child as one SIGINT, and the child is waited for."""
    lines: list[str] = []
    presses: list[int] = []

    def on_line(text: str) -> None:
        lines.append(text)
        if text == "ready":
            press(presses, signum=signum)

    ended = run("1", on_line=on_line, on_interrupt=presses.append)
    assert lines == ["ready", "1 signals"]
    assert (ended.returncode, ended.interrupted, presses) == (7, True, [1])


def test_the_second_warns_and_the_third_is_passed_on() -> None:
    """Two hasty presses do not abandon a host; three do."""
    lines: list[str] = []
    presses: list[int] = []

    def on_line(text: str) -> None:
        lines.append(text)
        if text == "ready":
            press(presses, 3)

    run("2", on_line=on_line, on_interrupt=presses.append)
    assert (lines[-1], presses) == ("2 signals", [1, 2, 3])


def test_two_presses_are_one_signal(tmp_path: Path) -> None:
    """The second is answered by words alone."""
    lines: list[str] = []
    presses: list[int] = []
    over = tmp_path / "over"

    def on_line(text: str) -> None:
        lines.append(text)
        if text == "ready":
            press(presses, 2)

    def on_interrupt(number: int) -> None:
        presses.append(number)
        if number == 2:
            over.touch()

    run("2", str(over), on_line=on_line, on_interrupt=on_interrupt)
    assert (lines[-1], presses) == ("1 signals", [1, 2])


def test_no_signal_is_no_interrupt() -> None:
    """A child that ends by itself was not interrupted, and our own handlers are back."""
    before = signal.getsignal(signal.SIGINT)
    assert run("0", on_line=lambda _: None) == process.Ended(returncode=7, interrupted=False)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_reader_that_fails_does_not_end_the_child(tmp_path: Path) -> None:
    """A closed pipe on our side must not kill Terraform before it has saved its state."""
    saved = tmp_path / "saved"
    child = f"for n in range(20000): print(n)\nopen({str(saved)!r}, 'w').close()"

    def on_line(_: str) -> None:
        raise BrokenPipeError("nobody reads")

    with pytest.raises(BrokenPipeError):
        run(on_line=on_line, child=child)
    assert saved.exists()


def test_an_error_of_ours_ends_the_child_in_good_order() -> None:
    """Who decides while reading that it is enough need not wait for the child: it gets one SIGINT."""
    seen: list[str] = []

    def enough(text: str) -> None:
        seen.append(text)
        raise HostError("enough")

    with pytest.raises(HostError, match="enough"):
        run("1", on_line=enough)
    assert seen == ["ready"]


def test_a_terminal_that_is_gone_does_not_end_the_child() -> None:
    """Telling about a Ctrl-C may fail; passing it on does not."""
    lines: list[str] = []

    def on_line(text: str) -> None:
        lines.append(text)
        if text == "ready":
            press([], signum=signal.SIGHUP)

    def gone(_: int) -> None:
        raise OSError(5, "Input/output error")

    ended = run("1", on_line=on_line, on_interrupt=gone)
    assert (lines[-1], ended.interrupted) == ("1 signals", True)


def test_bad_bytes_and_stderr_are_read() -> None:
    """All that a child says comes out, whatever it is."""
    lines: list[str] = []
    child = "import os; os.write(1, b'a\\xffb\\n'); os.write(2, b'on stderr\\n')"
    run(on_line=lines.append, child=child)
    assert lines == ["a\ufffdb", "on stderr"]


def test_files_of_the_child_are_private(tmp_path: Path) -> None:
    """State, plan and lock are for their owner only, whatever the user's umask."""
    target = tmp_path / "state"
    run(on_line=lambda _: None, child=f"open({str(target)!r}, 'w').close()")
    assert target.stat().st_mode & 0o777 == 0o600


def test_a_program_that_is_missing(tmp_path: Path) -> None:
    """The caller learns it, and the handlers of signals are back."""
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(OSError, match="No such file"):
        process.stream(
            [str(tmp_path / "none")],
            cwd=tmp_path,
            env={},
            on_line=lambda _: None,
            on_interrupt=lambda _: None,
        )
    assert signal.getsignal(signal.SIGTERM) is before


def test_verbose_shows_a_command_as_one_would_type_it(caplog: pytest.LogCaptureFixture) -> None:
    """With -v each command can be pasted into a shell; a script that is sent does not fill the screen."""
    caplog.set_level(logging.INFO, "gpuinfra.commands")
    process.run([sys.executable, "-c", "pass", "two words", "x" * 1000])
    (line,) = [record.getMessage() for record in caplog.records]
    assert shlex.split(line) == [sys.executable, "-c", "pass", "two words", f"{'x' * 40}..."]

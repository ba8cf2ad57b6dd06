"""`run` on a real host: what a user has on their own machine, they have there."""

import hashlib
import json
import subprocess

import pytest

from tests.e2e.on_host.interactive import cut_off, fed, job, laptop_gone, press
from tests.e2e.on_host.project_on_host import ProjectOnHost
from tests.e2e.terminal import CTRL_C, Terminal
from tests.waiting import PATIENCE_S, wait_until

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(
    ("words", "code", "out", "err"),
    [
        (["python", "-c", "import sys; print(sys.prefix); sys.exit(7)"], 7, "envs/gpu", ""),
        (["echo out; echo err >&2; kill -9 $$"], 137, "out\n", "err\n"),
        (["pwd && echo $CONDA_DEFAULT_ENV"], 0, "/project\ngpu\n", ""),
        (["source activate gpu && echo $MODE $CONDA_DEFAULT_ENV"], 0, "on gpu\n", ""),
        (["bash", "-c", "conda activate base && basename $CONDA_PREFIX"], 0, "miniconda3\n", ""),
        (["printf", "%s|", "a b", "$HOME", "'"], 0, "a b|$HOME|'|", ""),
        (["exit 255"], 255, "", ""),
        (["nosuch"], 127, "", "cannot start nosuch"),
        (["missing.py"], 127, "", "gpuinfra sync up"),
        (["python", "missing.py", "--lr", "1"], 127, "", "gpuinfra sync up"),
    ],
)
def test_exit_codes_and_streams(
    project_on_host: ProjectOnHost, words: list[str], code: int, out: str, err: str
) -> None:
    """The exit code is the command's; stdout and stderr stay apart; words arrive as they were typed."""
    done = project_on_host.run("run", "--", *words)
    assert (done.returncode, out in done.stdout, err in done.stderr) == (code, True, True), done
    assert out or not done.stdout


def test_scripts(project_on_host: ProjectOnHost) -> None:
    """script.py runs by the environment's Python, script.sh by bash, from the project directory."""
    project_on_host.there(
        "mkdir -p project; echo 'import sys; print(sys.prefix, sys.argv[1:])' > project/a.py"
    )
    project_on_host.there("echo 'echo ${BASH_VERSION%%.*} $1' > project/b.sh")
    printed = project_on_host.ok("run", "--env", "K=v", "a.py", "--env", "prod", "-s", "3", "-h").strip()
    assert printed.endswith("envs/gpu ['--env', 'prod', '-s', '3', '-h']"), "its options are not ours"
    assert project_on_host.ok("run", "--", "b.sh", "x").strip().endswith(" x")


def test_a_login_shows_what_the_host_costs(project_on_host: ProjectOnHost) -> None:
    """At a terminal; a command's output has nothing of it."""
    with Terminal(project_on_host, "ssh") as terminal:
        terminal.until("gpuinfra: stack default, ")
        terminal.until("USD an hour (g4dn.xlarge ")
    assert "USD" not in project_on_host.ok("ssh", "--", "true")


def test_stdin_and_large_output(project_on_host: ProjectOnHost) -> None:
    """Megabytes pass in both directions, byte for byte, and the end of the input is seen."""
    data = bytes(range(256)) * 40_960
    done = fed(project_on_host, data, "run", "--", "cat")
    assert hashlib.sha256(done.stdout).digest() == hashlib.sha256(data).digest(), len(done.stdout)
    assert fed(project_on_host, b"unread" * 500_000, "run", "--", "exit 4").returncode == 4


def test_a_reader_that_has_had_enough(project_on_host: ProjectOnHost) -> None:
    """`| head` ends the command over there as it does here; nothing is left behind."""
    argv = " ".join(f"'{word}'" for word in project_on_host.argv("run", "--", "yes"))
    env = dict(project_on_host.env)
    line = ["bash", "-c", f"{argv} | head -n 1"]
    done = subprocess.run(line, env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.stdout == "y\n", done

    def left() -> list[object]:
        return [j for j in json.loads(project_on_host.ok("job", "list", "--json")) if j["command"] == "yes"]

    wait_until(lambda: not left(), "the end of `yes`", more=left)


def test_ctrl_c_reaches_the_command_and_its_children(project_on_host: ProjectOnHost) -> None:
    """The whole process group is interrupted; the exit code is the command's own."""
    # The child itself says that it is there. Between its trap and the next fork bash loses the signal for the
    # child that it is about to start, and waits for that one; so would any terminal's Ctrl-C there.
    line = "trap 'echo caught; exit 3' INT; bash -c 'echo ready; exec sleep 651'"
    running = project_on_host.begin("run", "--", "bash", "-c", line)
    running.line("ready", stdout=True)
    assert press(running) == (3, "caught\n")
    assert not project_on_host.there("pgrep -f 'sleep 65[1]' || true")


def test_a_terminal_when_there_is_one(project_on_host: ProjectOnHost) -> None:
    """At a terminal the command has one: its size, its keys, its Ctrl-C."""
    line = "test -t 0 && test -t 1 && stty size; read x; echo got:$x; sleep 652"
    with Terminal(project_on_host, "run", "--", "bash", "-c", line) as terminal:
        terminal.until("24 80")
        terminal.type("hello\r")
        terminal.until("got:hello")
        terminal.type(CTRL_C)
        assert terminal.end() == 130


def test_values_of_env_are_in_no_process_list(project_on_host: ProjectOnHost) -> None:
    """Neither here nor there, nor in a file that stays."""
    look = "cat /proc/[0-9]*/cmdline | tr '\\0' '\\n' | grep -c 'hunter[2]' || true"
    secret = "import os, time; print(os.environ['K'] == 'hunt' + 'er2', flush=True); time.sleep(600)"
    running = project_on_host.begin("run", "--env", "K=hunter2", "--", "python", "-c", secret)
    running.line("True", stdout=True)
    there, here = project_on_host.there(look), project_on_host.inside(["bash", "-c", look]).stdout.strip()
    kept = project_on_host.there("grep -rl 'hunter[2]' ~/.local ~/.cache || true")
    press(running)
    # one line here: the harness's own nsenter, whose arguments are the test's
    assert (there, int(here) <= 1, kept) == ("0", True, "")


def test_what_was_run_goes_on_when_the_laptop_is_gone(project_on_host: ProjectOnHost) -> None:
    """Cut off, the command goes on, is in the list, and is sat at again; its exit code comes through."""
    gate = "until [ -e ~/go-on ]; do sleep 0.1; done"
    line = f"for i in $(seq 39); do echo n$i; sleep 0.1; done; {gate}; echo n40; exit 6"
    running = project_on_host.begin("run", "--", line)
    running.line("n3", stdout=True)
    logs = project_on_host.disk() / "home/ubuntu/.local/share/gpuinfra/jobs"
    with cut_off(project_on_host):
        laptop_gone(running)
        wait_until(lambda: any("n30\n" in it.read_text() for it in logs.glob("*/log")), "it to go on")
    wait_until(lambda: not job(project_on_host, line)["attached"], "the host to notice")
    found = job(project_on_host, line)
    assert (found["kind"], found["state"]) == ("run", "running")
    back = project_on_host.begin("job", "attach", found["id"])
    wait_until(lambda: job(project_on_host, line)["attached"], "us to be attached again")
    project_on_host.there("touch ~/go-on")
    code, printed = back.rest()
    assert (code, printed.splitlines()[-1]) == (6, "n40")
    words = project_on_host.ok("job", "logs", found["id"]).split()
    assert [w for w in words if w in ("n5", "n20", "n40")] == ["n5", "n20", "n40"]

"""The command line from outside: help, exit codes, JSON, hostile names; no network and no Terraform."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gpuinfra.version import VERSION
from tests import help_text, samples
from tests.e2e.cli import Cli, refused

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = ["x; rm -rf ~", "../../etc", "X", "", "1a", "-x", "a" * 33, "a\n", "a b", "$(id)", "a/b", "\u00e9"]


def test_help_is_what_was_agreed() -> None:
    """A change of any command's help shows up in review: `python -m tests.help_text` writes it anew."""
    assert help_text.all_help() == help_text.SNAPSHOT.read_text(encoding="utf-8")


def test_what_returns_something_has_json() -> None:
    """Every command but the interactive one; and each names its stack."""
    without = {
        (),
        ("demo",),
        ("ssh",),
        ("ssm-proxy",),
        ("env",),
        ("jupyter",),
        ("docker",),
        ("dlc",),
        ("dlc", "run"),
    }
    without |= {("docker", verb) for verb in ("build", "run", "shell", "jupyter")}
    without |= {("run",), ("job",), ("gpu",), ("guard",), ("quota",), ("forward",), ("sync",)}
    without |= {("job", "logs"), ("job", "attach"), ("sync", "watch")}
    for words in set(help_text.commands()) - without:
        assert "--json" in help_text.help_of(words), words
    assert "--stack" in help_text.help_of(("ssh",))


@pytest.mark.parametrize(
    ("args", "value"),
    [
        (("version",), {"version": VERSION}),
        (("ip",), {"public_ip": samples.OUTPUTS["public_ip"]}),
        (("output",), samples.OUTPUTS),
        (("output", "gpu_count"), 1),
        (("output", "allowed_cidrs"), samples.OUTPUTS["allowed_cidrs"]),
    ],
)
def test_json(args: tuple[str, ...], value: object, recorded: Cli) -> None:
    """What --json prints is JSON and nothing else."""
    assert json.loads(recorded.ok(*args, "--json")) == value


def test_plain(recorded: Cli) -> None:
    """Without --json: bare values for scripts, no colour without a terminal."""
    assert recorded.ok("ip") == f"{samples.OUTPUTS['public_ip']}\n"
    assert recorded.ok("output", "gpu_count") == "1\n"
    assert "instance_id = i-0123456789abcdef0\n" in recorded.ok("output")
    assert "\x1b" not in recorded.ok("output") + recorded.ok("--help")


@pytest.mark.parametrize(
    ("how", "name"),
    # an empty variable is an unset one, so it is no name at all
    [(how, name) for how in ("option", "environment") for name in HOSTILE if name or how == "option"],
)
def test_a_bad_stack_name_is_refused(how: str, name: str, cli: Cli) -> None:
    """Before anything is read or written; the message shows it so that nothing in it is hidden."""
    option = {"option": ("status", f"--stack={name}"), "environment": ("status",)}[how]
    env = {"GPUINFRA_STACK": name} if how == "environment" else {}
    done = cli.run(*option, **env)
    refused(done, 2, f"error: the stack name is {name!r}")
    assert not (cli.directory / "stacks").exists()


@pytest.mark.parametrize(
    ("args", "exit_code"),
    [
        (("nonsense",), 2),
        (("ip", "--nonsense"), 2),
        (("ip",), 5),
        (("output",), 5),
        (("ssh",), 5),
        (("ip", "--stack", "never-made"), 5),
        (("down", "--yes"), 0),
        (("list",), 0),
        (("stop", "--yes"), 5),
        (("start",), 5),
        (("resize", "g5.xlarge"), 5),
        (("status",), 0),
        (("allow", "--cidr", "everybody"), 2),
        (("allow", "--cidr", "0.0.0.0/0"), 2),
        (("allow", "--cidr", "203.0.113.7"), 2),
        (("init", "--public-key", "/none.pub", "--cidr", "203.0.113.7"), 2),
        (("init", "--cidr", "10.0.0.0/8"), 2),
        (("docker", "build"), 5),
        (("docker", "run", "--", "true"), 5),
        (("docker", "jupyter", "--port", "99999"), 2),
        (("docker", "build", "--file", "none"), 2),
        (("dlc", "run", "pytorch-training:1", "--", "true"), 5),
        (("dlc", "list", "--for", "tpu"), 2),
        (("dlc", "list", "--region", "atlantis-1"), 2),
    ],
)
def test_exit_codes_in_a_fresh_clone(args: tuple[str, ...], exit_code: int, cli: Cli) -> None:
    """Nothing was set up: every command says so in its own way, none with a traceback."""
    done = cli.run(*args)
    assert done.returncode == exit_code, done.stderr
    assert "Traceback" not in done.stderr
    if exit_code:
        assert done.stdout == ""


def test_an_unknown_output_lists_the_known(recorded: Cli) -> None:
    """What was asked for, and what there is."""
    refused(
        recorded.run("output", "ip"), 2, "error: there is no output 'ip'; there are: access, allowed_cidrs,"
    )


def test_a_host_without_an_address(cli: Cli) -> None:
    """An empty line would go into a script as if it were one."""
    raw = json.loads(samples.STATE)
    raw["outputs"]["public_ip"]["value"] = ""
    (cli.directory / "terraform.tfstate").write_text(json.dumps(raw))
    refused(cli.run("ip"), 5, "has no public address", "  next: gpuinfra status")


def test_no_project(cli: Cli, tmp_path: Path) -> None:
    """Outside of a project the user is told what was looked for."""
    done = cli.run("ip", GPUINFRA_PROJECT=str(tmp_path))
    refused(
        done, 2, "error: no gpuinfra project", "gpuinfra/terraform.tfvars", "  next: unset GPUINFRA_PROJECT"
    )


def test_init_writes_once(cli: Cli) -> None:
    """The file is private, names one's own key, and is not written over without a question."""
    done = cli.run("init", "--cidr", "203.0.113.7", "--json")
    path = cli.directory / "terraform.tfvars"
    assert json.loads(done.stdout) == {"path": str(path)}
    assert path.stat().st_mode & 0o777 == 0o600
    text = path.read_text()
    assert 'region = "eu-west-1"' in text
    assert 'allowed_cidrs = ["203.0.113.7/32"]' in text

    path.write_text(text + "# mine\n")
    refused(cli.run("init", "--cidr", "203.0.113.8"), 2, "error: cannot ask without a terminal")
    assert path.read_text().endswith("# mine\n")
    cli.ok("init", "--cidr", "203.0.113.8", "--force")
    assert 'allowed_cidrs = ["203.0.113.8/32"]' in path.read_text()


def test_a_bug_says_so(cli: Cli) -> None:
    """What nobody foresaw ends 1, with the lines that a report needs."""
    code = "import sys; from gpuinfra.cli import app; app.app.command('broken')(lambda: 1 / 0)"
    code += "; sys.argv = ['gpuinfra', 'broken']; app.main()"
    argv = [sys.executable, "-c", code]
    done = subprocess.run(argv, cwd=cli.directory, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert f"error: this is a bug in gpuinfra {VERSION}; please report the lines above" in done.stderr


@pytest.mark.parametrize("words", [("ip",), ("output",), ("status",), ("ssh", "--", "true")])
def test_a_folder_in_the_place_of_the_state_is_no_bug(cli: Cli, words: tuple[str, ...]) -> None:
    """What lies on the user's disk is theirs to mend: the path is named, exit code 2."""
    (cli.directory / "terraform.tfstate").mkdir()
    done = cli.run(*words)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    assert "terraform.tfstate" in done.stderr


def test_every_screen_says_that_it_is_simulated(recorded: Cli) -> None:
    """On stderr, so that scripts still read the result alone."""
    done = recorded.run("ip", AWS_ENDPOINT_URL="http://127.0.0.1:1")
    assert done.stderr.startswith("[SIMULATED AWS at http://127.0.0.1:1:")
    assert done.stdout == f"{samples.OUTPUTS['public_ip']}\n"
    assert "SIMULATED" not in recorded.run("ip").stderr


def test_a_reader_that_goes_away(recorded: Cli) -> None:
    """`gpuinfra output | head -1` is no bug of ours."""
    line = f"{sys.executable} -m gpuinfra output | head -1"
    done = subprocess.run(
        line,
        shell=True,
        cwd=recorded.project,
        env=dict(recorded.env),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Traceback" not in done.stderr
    assert done.stdout.startswith("access = ")

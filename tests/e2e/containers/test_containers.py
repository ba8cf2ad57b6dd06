"""The docker verbs by the real command line and real ssh: what docker is told, and what comes back."""

import pytest

from tests.e2e.cli import refused
from tests.e2e.containers.docker_host import DockerHost
from tests.e2e.on_host.project_on_host import Running

pytestmark = pytest.mark.e2e


def pairs(argv: list[str], option: str) -> list[str]:
    """Return the values of an option."""
    return [argv[n + 1] for n, word in enumerate(argv) if word == option]


def test_the_image_is_built_on_a_base_that_fits_the_driver(docker_host: DockerHost) -> None:
    """Driver 570 serves CUDA 12.8; the context is the synced project, the installer is the pinned one."""
    docker_host.there("mkdir -p project && echo 'dependencies: [python]' >project/environment.yml")
    done = docker_host.run("docker", "build")
    assert done.returncode == 0, done.stderr
    (call,) = docker_host.calls()
    argv = call["argv"]
    assert (argv[0], argv[-1], pairs(argv, "--tag")) == ("build", "/home/ubuntu/project", ["gpuinfra"])
    values = dict(value.split("=", 1) for value in pairs(argv, "--build-arg"))
    assert (values["BASE"], values["CUDA"]) == ("nvidia/cuda:12.8.1-base-ubuntu22.04", "12.8")
    assert values["INSTALLER_URL"].startswith("https://github.com/conda-forge/miniforge/releases/download/")
    assert len(values["INSTALLER_SHA256"]) == 64
    assert docker_host.there(f"head -1 {pairs(argv, '--file')[0]}").startswith("# The user's environment.yml")


def test_a_project_without_environment_gets_that_of_the_host(docker_host: DockerHost) -> None:
    """What the host was made from is what the image is made from."""
    docker_host.there("rm -f project/environment.yml")
    docker_host.ok("docker", "build")
    context = docker_host.calls()[0]["argv"][-1]
    assert docker_host.there(f"cat {context}/environment.yml") == docker_host.there(
        "cat /etc/gpuinfra/environment.yml"
    )


def test_a_command_in_a_container(docker_host: DockerHost) -> None:
    """As the same user, in the project, with the GPUs; no terminal without one; code and streams pass."""
    docker_host.say("gpuinfra")
    script = "cat; echo out; echo err >&2; exit 37"
    done = docker_host.run("docker", "run", "--", "sh", "-c", script, stdin="in\n")
    assert (done.returncode, done.stdout) == (37, "in\nout\n")
    assert "err\n" in done.stderr
    (call,) = docker_host.calls()
    argv = call["argv"]
    assert argv[:4] == ["run", "--rm", "--init", "--interactive"]
    assert "--tty" not in argv
    assert (pairs(argv, "--gpus"), pairs(argv, "--user")) == (["all"], ["1000:1000"])
    assert pairs(argv, "--workdir") == ["/home/ubuntu/project"]
    assert "HOME=/home/ubuntu" in pairs(argv, "--env")
    mounts = dict(mount.split(":", 1) for mount in pairs(argv, "--volume"))
    assert mounts["/home/ubuntu/project"] == "/home/ubuntu/project:rw"
    accounts = next(source for source, target in mounts.items() if target == "/etc/passwd:ro")
    assert "ubuntu:x:1000:1000:ubuntu:/home/ubuntu:/bin/bash" in docker_host.there(f"cat {accounts}")
    home = next(source for source, target in mounts.items() if target == "/home/ubuntu:rw")
    assert docker_host.there(f"stat -c %U {home} {home}/project") == "ubuntu\nubuntu"
    assert argv[argv.index("gpuinfra") :] == ["gpuinfra", "sh", "-c", script]


@pytest.mark.parametrize("word", ["a b", "$HOME `id` ; exit 3", "'\"'", "--help", "-x", "*"])
def test_words_reach_the_container_as_they_are(docker_host: DockerHost, word: str) -> None:
    """No shell on the way changes them."""
    docker_host.say("gpuinfra")
    assert docker_host.ok("docker", "run", "--", "printf", "%s", word) == word


def test_jupyter_outlives_the_connection(docker_host: DockerHost) -> None:
    """At the port asked for, here; after Ctrl-C it goes on, is found again with its token, and is ended."""
    docker_host.say("gpuinfra")
    urls = []
    for _ in range(2):
        lab = Running(docker_host.start("docker", "jupyter", "--port", "8886", "--no-open"))
        try:
            lab.line("connected")
            assert lab.process.stdout
            urls.append(lab.line("http://", stdout=True))
            page = docker_host.lab.run(["curl", "-sf", urls[-1]]).stdout
            assert lab.interrupt() == 130
        finally:
            lab.kill()
        token = urls[-1].partition("token=")[2]
        assert urls[-1] == f"http://127.0.0.1:8886/lab?token={token}"
        assert page == f"lab /lab?token={token} {token}"
    assert urls[0] == urls[1]
    (call,) = [call for call in docker_host.calls() if call["argv"][0] == "run"]
    assert call["env"]["JUPYTER_TOKEN"] == token
    assert token not in " ".join(call["argv"])
    assert pairs(call["argv"], "--publish")[0].startswith("127.0.0.1:")
    assert docker_host.json("docker", "jupyter", "--stop") == {"stopped": True}
    assert docker_host.json("docker", "jupyter", "--stop") == {"stopped": False}


def test_what_is_missing_is_said_with_the_next_command(docker_host: DockerHost) -> None:
    """The image, the toolkit, docker itself."""
    refused(docker_host.run("docker", "shell"), 5, "is not on the host", "next: gpuinfra docker build")
    docker_host.say("gpuinfra", Runtimes={"runc": {}})
    refused(
        docker_host.run("docker", "shell"),
        5,
        "NVIDIA container toolkit is not on the host",
        "--upgrade-image",
    )
    docker_host.there("sudo mv /usr/local/bin/docker /var/tmp/")
    try:
        refused(
            docker_host.run("docker", "build"), 5, "docker is not on the host", "apt-get install -y docker.io"
        )
    finally:
        docker_host.there("sudo mv /var/tmp/docker /usr/local/bin/")

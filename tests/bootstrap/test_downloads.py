"""What comes over the network: unavailable, cut, corrupt, or not what was pinned."""

from tests.bootstrap.host import PERMANENT, TRANSIENT, WITH_PIP, Host
from tests.bootstrap.server import Server


def test_an_installer_that_is_unavailable_twice_is_fetched(host: Host, server: Server) -> None:
    """503 is tried again."""
    server.fault("Miniconda", status=503, times=2)
    assert host.boot() == 0, host.log
    assert server.count("Miniconda") == 3


def test_a_cut_download_is_resumed(host: Host, server: Server) -> None:
    """The second request asks for the rest only."""
    server.damage("Miniconda", truncate=3000)
    assert host.boot() == 0, host.log
    assert server.count("Miniconda") == 2
    assert "curl: exit code 18" in host.log


def test_a_wrong_installer_is_never_executed(host: Host, server: Server) -> None:
    """Another sha256 each time: refused, with both hashes in the log; nothing was installed."""
    server.damage("Miniconda", times=9)
    assert host.boot() == PERMANENT
    status = host.status
    assert (status["state"], status["step"], status["rc"]) == ("failed", "download", 79)
    assert status["permanent"] is True
    assert "pinned is " in status["error"]
    assert not host.prefix.exists()


def test_a_wrong_installer_once_is_fetched_again(host: Host, server: Server) -> None:
    """A corrupt answer is not kept as a partial one."""
    server.damage("Miniconda")
    assert host.boot() == 0, host.log


def test_a_channel_that_stays_down_is_given_up_with_its_url(host: Host, server: Server) -> None:
    """Three tries, then the status names what could not be had; later it goes on."""
    server.fault(r"tinyapp.*\.conda", status=503, times=99)
    assert host.boot() == TRANSIENT
    assert (host.status["step"], host.status["permanent"]) == ("env-conda", False)
    assert "tinyapp-2.0-py_0.conda" in host.status["message"] + host.status["error"]
    assert "after 3 tries" in host.status["message"]
    server.reset()
    assert host.boot() == 0, host.log


def test_corrupt_package_bytes_are_healed(host: Host, server: Server) -> None:
    """The hash of a package is checked, and the package is fetched again."""
    server.damage(r"tinyapp.*\.conda$")
    assert host.boot() == 0, host.log
    assert server.count(r"tinyapp.*\.conda$") == 2


def test_a_lock_with_a_wrong_hash_installs_nothing(host: Host, server: Server) -> None:
    """The package does not match its line: no environment."""
    url = f"{server.url}/conda-forge/noarch/extra-3.0-py_0.conda"
    host.give(lock=f"@EXPLICIT\n{url}#sha256:{'0' * 64}\n")
    assert host.boot() == TRANSIENT
    assert host.status["step"] == "env-conda"
    assert "hash" in host.status["error"].lower()


def test_a_package_index_that_is_down_is_no_bad_pin(host: Host, server: Server) -> None:
    """Pip says "No matching distribution" when the network fails too: that is worth another try."""
    host.environ["PIP_INDEX_URL"] = "http://127.0.0.1:9/simple"
    host.environ["PIP_RETRIES"] = "1"
    host.values["TRIES"] = "1"
    host.give(environment_yml=WITH_PIP)
    assert host.boot() == TRANSIENT
    assert (host.status["step"], host.status["permanent"]) == ("env-pip", False)

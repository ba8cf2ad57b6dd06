"""Which AWS a command speaks to: only a simulator of this machine is called one."""

import pytest

from gpuinfra.ground.names import is_simulated


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:5000", "http://localhost:80/", "http://[::1]:5000/x/@y"]
)
def test_a_simulator_of_this_machine(address: str) -> None:
    """The address that the simulator prints, and what means the same."""
    assert is_simulated({"AWS_ENDPOINT_URL": address})


@pytest.mark.parametrize(
    "address",
    [
        "",
        "https://ec2.us-east-1.amazonaws.com",
        "http://127.0.0.1:80@evil.com/",
        "http://127.0.0.1:@evil.com",
        "http://127.0.0.1:80?@evil.com",
        "http://127.0.0.1:80#@evil.com",
        "http://127.0.0.1:80\\@evil.com",
        "http://127.0.0.1.evil.com:80",
        "http://evil.com/http://127.0.0.1:80",
        "http://localhost:x@evil.com:80",
        "ftp://127.0.0.1:80",
    ],
)
def test_what_only_looks_like_one(address: str) -> None:
    """The banner "no cost" must never stand above calls that go elsewhere."""
    assert not is_simulated({"AWS_ENDPOINT_URL": address})

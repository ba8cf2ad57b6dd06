"""One's own address: only what can be a host on the internet is let in."""

import pytest

from gpuinfra.ground.errors import CloudError, ConfigError
from gpuinfra.tools.aws.public_address import my_cidr, own_cidr
from tests.tools.terraform.test_binary import releases


@pytest.mark.parametrize(
    ("text", "cidr"), [("52.94.76.10", "52.94.76.10/32"), ("2600:1f18::7", "2600:1f18::7/128")]
)
def test_a_public_address(text: str, cidr: str) -> None:
    """Alone, as the narrowest block."""
    assert own_cidr(text, source="x") == cidr


@pytest.mark.parametrize(
    "text",
    [
        "10.0.0.1",
        "192.168.1.1",
        "172.16.0.1",
        "127.0.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "0.0.0.0",
        "255.255.255.255",
        "224.0.0.1",
        "203.0.113.7",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "2600:1f18::7%eth0",
    ],
)
def test_an_address_that_is_not_public(text: str) -> None:
    """A proxy or a captive portal answers such things; the next step names the option that helps."""
    with pytest.raises(CloudError, match="not a public address") as caught:
        own_cidr(text, source="https://checkip")
    assert "--cidr" in caught.value.hint


@pytest.mark.parametrize(
    "text", ["", "<html>Please log in</html>", "52.94.76.10/8", "1.2.3", '1.2.3.4"]\nx = ["']
)
def test_no_address(text: str) -> None:
    """Whatever it is, it is not written into a firewall rule."""
    with pytest.raises(CloudError, match="no IP address"):
        own_cidr(text, source="https://checkip")


def test_over_the_wire() -> None:
    """The answer is trimmed; a failure says what was asked."""
    with releases({"/ip": b"52.94.76.10\n"}) as url:
        assert my_cidr({"GPUINFRA_CHECKIP_URL": f"{url}/ip"}) == "52.94.76.10/32"
        with pytest.raises(CloudError, match="404"):
            my_cidr({"GPUINFRA_CHECKIP_URL": f"{url}/other"})
    with pytest.raises(CloudError, match="cannot find out your public address"):
        my_cidr({"GPUINFRA_CHECKIP_URL": f"{url}/ip"})


@pytest.mark.parametrize("url", ["http://example.com/", "file:///etc/passwd", "ftp://x", ""])
def test_only_https_is_asked(url: str) -> None:
    """An answer that anybody on the way can write decides who gets in: not without TLS."""
    with pytest.raises(ConfigError, match="must start with https://"):
        my_cidr({"GPUINFRA_CHECKIP_URL": url})

"""Where a session's token may go: Session Manager of that region, and this machine only when simulated."""

import pytest

from gpuinfra.ground.errors import CloudError
from gpuinfra.tools.ssm.endpoint import checked

PATH = "/v1/data-channel/me-0123?role=publish_subscribe"


@pytest.mark.parametrize(
    ("url", "region", "simulated"),
    [
        ("wss://ssmmessages.us-east-1.amazonaws.com", "us-east-1", False),
        ("wss://ssmmessages.cn-north-1.amazonaws.com.cn", "cn-north-1", False),
        ("ws://127.0.0.1:4000", "us-east-1", True),
        ("ws://[::1]:4000", "us-east-1", True),
    ],
)
def test_session_managers_own_address_is_taken(url: str, region: str, simulated: bool) -> None:
    """As AWS gives it, query and all."""
    assert checked(url + PATH, region=region, simulated=simulated) == url + PATH


@pytest.mark.parametrize(
    "url",
    [
        f"ws://ssmmessages.us-east-1.amazonaws.com{PATH}",
        f"wss://ssmmessages.eu-west-1.amazonaws.com{PATH}",
        f"wss://ssmmessages.us-east-1.amazonaws.com.evil.example{PATH}",
        f"wss://ssmmessages.us-east-1.amazonaws.com@evil.example{PATH}",
        f"wss://evil.example\\@ssmmessages.us-east-1.amazonaws.com{PATH}",
        f"wss://ssmmessages.us-east-1.amazonaws.com:8443{PATH}",
        "wss://ssmmessages.us-east-1.amazonaws.com/elsewhere",
        f"ws://127.0.0.1:4000{PATH}",
        f"ws://[::1{PATH}",
        "",
    ],
)
def test_any_other_is_refused(url: str) -> None:
    """Another region, host, port, path or scheme; and this machine, when AWS is the real one."""
    with pytest.raises(CloudError, match="connects to wss://ssmmessages"):
        checked(url, region="us-east-1", simulated=False)


@pytest.mark.parametrize("host", ["evil.example:4000", "127.0.0.1.evil.example:1", "x@127.0.0.1:4000"])
def test_simulated_means_this_machine(host: str) -> None:
    """A simulated AWS does not lead elsewhere either."""
    with pytest.raises(CloudError):
        checked(f"ws://{host}{PATH}", region="us-east-1", simulated=True)

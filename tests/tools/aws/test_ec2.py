"""boto3's exceptions in our words; nothing here reaches a network."""

import os

import pytest

from gpuinfra.ground.errors import CloudError, ConfigError
from gpuinfra.ground.model import Tags
from gpuinfra.tools.aws import client
from gpuinfra.tools.aws.ec2 import Aws

TAGS = Tags(project="p", stack="s", owner="o")


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller without any AWS setting: no developer's ~/.aws may leak into a test."""
    for name in [n for n in os.environ if n.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


def made(region: str = "us-east-1") -> Aws:
    """Return the adapter, with time that does not pass."""
    return Aws(region=region, sleep=lambda _: None)


def test_no_credentials() -> None:
    """Said with the places that were looked at."""
    with pytest.raises(CloudError, match="no AWS credentials were found") as caught:
        made().tagged_instances(TAGS)
    assert caught.value.hint.startswith("aws configure")


def test_an_unknown_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Named, whether a client is made or the region looked up."""
    monkeypatch.setenv("AWS_PROFILE", "nope")
    with pytest.raises(CloudError, match="nope"):
        made()
    with pytest.raises(CloudError, match="nope"):
        client.default_region()


def test_half_of_the_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """An id without its secret is no credentials."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    with pytest.raises(CloudError, match="no AWS credentials were found"):
        made().tagged_instances(TAGS)


@pytest.mark.parametrize("region", ["not a region", "us-east-1; rm", "", "a\nb"])
def test_a_region_that_is_none(region: str) -> None:
    """It comes from terraform.tfvars, before Terraform has checked it."""
    with pytest.raises(ConfigError, match="it must look like us-east-1"):
        made(region)


def test_nothing_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that does not lead to AWS."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    with pytest.raises(CloudError, match="AWS cannot be reached"):
        made().instance("i-0")


def test_the_default_region(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's own, or nothing."""
    assert client.default_region() == ""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert client.default_region() == "eu-west-1"
    monkeypatch.setenv("AWS_REGION", "eu-west-2")
    assert client.default_region() == "eu-west-2"

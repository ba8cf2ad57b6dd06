"""Clients of AWS share what is the same for all, and nothing of the user's."""

import os

import pytest

from gpuinfra.tools.aws.client import client, session


@pytest.fixture(autouse=True)
def _nothing_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration of this machine's."""
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.delenv("AWS_PROFILE", raising=False)


def test_the_models_of_aws_are_read_once() -> None:
    """A second client, of a session of its own, takes those that were parsed for the first."""
    first, second = (client("ec2", "us-east-1").meta.service_model for _ in range(2))
    assert first is not second
    assert first.metadata is second.metadata


def test_credentials_are_those_of_the_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who renews them under a command that runs for days is heard at the next connection."""
    for key in ("one", "other"):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
        found = session().get_credentials()
        assert found
        assert found.access_key == key

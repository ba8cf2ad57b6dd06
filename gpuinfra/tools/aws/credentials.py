"""The caller's credentials, found once: for boto3's calls, and for Terraform, which gets the result.

Where they are looked for, and in which order, is boto3's affair:
https://boto3.amazonaws.com/v1/documentation/api/latest/guide/credentials.html
"""

import functools
import getpass
import logging
import os
import shlex
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore import exceptions as boto
from botocore.credentials import ProcessProvider, RefreshableCredentials, create_credential_resolver
from botocore.utils import JSONFileCache

from gpuinfra.ground.errors import CloudError
from gpuinfra.tools import process
from gpuinfra.tools.aws.credential_errors import CredentialSource, explained

# What ends an attempt to get credentials; the last two for a credential_process that prints no such thing.
FAILURES = (boto.BotoCoreError, boto.ClientError, OSError, ValueError, RuntimeError)
# What fails is told by `explained`, or still holds; boto3 would show a traceback of either.
logging.getLogger("botocore.credentials").setLevel(logging.ERROR)
_may_ask: ContextVar[bool] = ContextVar("may_ask", default=True)
_kept: "dict[tuple[tuple[str, str], ...], Credentials]" = {}
_lock = threading.Lock()


class CliCache(JSONFileCache):
    """Where the AWS CLI keeps temporary credentials, 0600: who has given it an MFA code is not asked here."""

    def __init__(self) -> None:
        super().__init__(working_dir=str(Path.home() / ".aws" / "cli" / "cache"))

    def __setitem__(self, key: str, value: object) -> None:
        """Keep it; where there is no place for it the next command has to ask again."""
        with suppress(OSError):
            super().__setitem__(key, value)


class Credentials:
    """What boto3 calls credentials, made to say in words why there are none any more."""

    def __init__(self, found: Any, source: CredentialSource) -> None:
        self._found, self._source = found, source
        self.can_be_renewed = isinstance(found, RefreshableCredentials)

    def get_frozen_credentials(self) -> Any:
        """Return keys that hold now; those that cannot be renewed any more are used to their end.

        Raises:
            CloudError: they have ended, or there have never been any.
        """
        try:
            return self._found.get_frozen_credentials()
        except FAILURES as error:
            if (end := self.expiration) and end > datetime.now(UTC):
                return self._found._frozen_credentials  # as `aws configure export-credentials` does
            _kept.clear()  # boto3 never asks for a second MFA code by the same object
            raise explained(error, self._source) from None

    @property
    def expiration(self) -> datetime | None:
        """Return when the keys end."""
        end: datetime | None = getattr(self._found, "_expiry_time", None)
        return end

    def __getattr__(self, name: str) -> Any:
        """Be what boto3 has found, in all else."""
        return getattr(self._found, name)


class CredentialChain:
    """The component "credential_provider" of a boto3 session: who can be renewed is found once a process.

    Keys that stand in a file or in the environment are read each time: somebody may have renewed them there.
    """

    def __init__(self, core: Any) -> None:
        self._core = core

    def load_credentials(self) -> Credentials | None:
        """Return the caller's credentials, None where there are none.

        Raises:
            CloudError: there should be some, and they cannot be had.
        """
        names = sorted(name for name in os.environ if name.startswith("AWS_") or name == "HOME")
        asked_by = tuple((name, os.environ[name]) for name in names)
        with _lock:
            if asked_by in _kept:
                return _kept[asked_by]
            source = CredentialSource.of(self._core)
            try:
                found = _resolver(self._core, source).load_credentials()
            except FAILURES as error:
                raise explained(error, source) from None
            if found is None:
                return None
            credentials = Credentials(found, source)
            if credentials.can_be_renewed:
                _kept[asked_by] = credentials
            return credentials


def _resolver(core: Any, source: CredentialSource) -> Any:
    """Return boto3's own chain, with the AWS CLI's cache, our question for a code, and `aws login`."""
    # Where STS is asked for a role, which holds in all regions; boto3 does not know AWS_REGION.
    region = core.get_config_variable("region") or os.environ.get("AWS_REGION") or "us-east-1"
    cache: Any = CliCache()
    resolver = create_credential_resolver(core, cache=cache, region_name=region)
    role: Any = resolver.get_provider("assume-role")
    role._prompter = functools.partial(_ask, source)
    if source.kind == "login":
        resolver.insert_before("login", _by_the_cli(source.profile))
    return resolver


def _by_the_cli(profile: str) -> Any:
    """Return what gets the credentials of `aws login` from the AWS CLI, which alone writes such profiles.

    boto3 could read them with awscrt beside it: 13 MB, and a tenth of a second in each command of everybody.
    """
    argv = ["aws", "configure", "export-credentials", "--profile", profile, "--format", "process"]
    config = {"profiles": {profile: {"credential_process": shlex.join(argv)}}}
    return ProcessProvider(profile, lambda: config, popen=process.start)


@contextmanager
def no_questions() -> Iterator[None]:
    """Ask nobody for a code within this block: Terraform runs, and the terminal shows how it goes."""
    before = _may_ask.set(False)
    try:
        yield
    finally:
        _may_ask.reset(before)


def _ask(source: CredentialSource, prompt: str, *, read: Callable[[str], str] = getpass.getpass) -> str:
    """Ask for an MFA code at the terminal, wherever stdin and stdout lead."""
    try:
        if not _may_ask.get():
            raise OSError("Terraform is running")
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
        return read(prompt).strip()
    except (OSError, EOFError):
        raise CloudError(
            f"the profile {source.profile} asks for an MFA code, and there is no terminal to ask at",
            hint=f"aws sts get-caller-identity --profile {source.profile}"
            "   # at a terminal: it asks, and keeps for an hour what it gets; then the same command again",
        ) from None

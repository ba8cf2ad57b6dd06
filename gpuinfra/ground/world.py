"""The world of one command: all that gpuinfra can do to AWS, Terraform, ssh and the terminal, for one stack.

factory/ builds it, once a command; tests build one of fakes.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from gpuinfra.ground.account_facts import AccountReader
from gpuinfra.ground.disk_copy import DiskCopy
from gpuinfra.ground.errors import CloudError, HostError
from gpuinfra.ground.later_start import LaterStarts, NoLaterStarts
from gpuinfra.ground.model import Host, Settings, Tags
from gpuinfra.ground.names import DEFAULT_STACK, command
from gpuinfra.ground.paths import Project
from gpuinfra.ground.pool import Pool
from gpuinfra.ground.protocols import (
    Cloud,
    EventLog,
    HostClient,
    PoolRecord,
    PriceSource,
    Provisioner,
    Reporter,
    SshClient,
    StackFiles,
    StateFile,
    UserDataFile,
    Values,
)
from gpuinfra.ground.quota import QuotaSource


@dataclass(frozen=True, kw_only=True)
class Clock:
    """Time as an argument: `sleep` in seconds, `now` in seconds from any zero.

    elapsed: the same of a clock that goes on while this machine is suspended; None: there is no other.
    """

    sleep: Callable[[float], None]
    now: Callable[[], float]
    elapsed: Callable[[], float] | None = None

    @property
    def suspended_too(self) -> "Clock":
        """Return the clock for what ends at a time of day, a closed laptop or not."""
        return replace(self, now=self.elapsed or self.now)


def nobody_to_ask(region: str) -> PriceSource:
    """Stand for the price list where there is none.

    Raises:
        CloudError: always.
    """
    raise CloudError(f"nobody can be asked for the prices of {region}")


class NoPoolRecord:
    """Stands for the record of where a host was found, where there is none."""

    def write(self, pool: Pool) -> None:
        """Keep nothing."""

    def delete(self) -> None:
        """Keep nothing."""


def no_account(region: str, settings: Settings | None) -> AccountReader:
    """Stand for the account where nobody can be asked.

    Raises:
        CloudError: always.
    """
    raise CloudError(f"nobody can be asked about the account in {region}")


def no_quotas(region: str, settings: Settings | None) -> QuotaSource:
    """Stand for the quotas where nobody can be asked.

    Raises:
        CloudError: always.
    """
    raise CloudError(f"nobody can be asked for the quotas of {region}")


@dataclass(frozen=True, kw_only=True)
class World:
    """What a command may do to the world; Terraform and AWS are made only when it needs them.

    here: the directory that the user is in. folder: of their project on the host, below the login user's
    home.
    """

    here: Path
    folder: str
    project: Project
    files: StackFiles
    user_data: UserDataFile
    values: Values
    state: StateFile
    reporter: Reporter
    ssh: SshClient
    host: HostClient
    clock: Clock
    events: EventLog
    terraform: Callable[[], Provisioner]
    cloud: Callable[[str, Settings | None], Cloud]
    start_host: Callable[["World"], Host]  # by features.lifecycle, for those that find the host stopped
    # by features.ending: lets a host that a command is about to end run on_stop and save first
    end_host: Callable[["World", Host, str], None]
    other_hosts: Callable[[], Sequence[str]]  # the other stacks that have one
    # by features.money: what a login on the host shows of its price
    login_line: Callable[["World", Host], str] = lambda _, __: ""
    price_source: Callable[[str], PriceSource] = nobody_to_ask  # by region
    price_cache: Path = Path(os.devnull)  # a directory: prices that AWS has told
    pool_record: PoolRecord = field(default_factory=NoPoolRecord)
    quota_source: Callable[[str, Settings | None], QuotaSource] = no_quotas  # by region
    later_starts: Callable[[str, Settings | None], LaterStarts] = lambda *_: NoLaterStarts()  # by region
    account_reader: Callable[[str, Settings | None], AccountReader] = no_account  # by region
    disk_copies: Callable[[str, Tags], Sequence[DiskCopy]] = lambda *_: ()  # by region, of one stack
    cut_off: Callable[[], str] = lambda: ""  # what the last long command was, and its log, if it was killed

    def recorded_host(self) -> Host:
        """Return the host from the state: what the commands that ask nobody start from.

        Raises:
            HostError: there is none; a host of another stack is named, so that nobody buys a second one. Or
                it is half made, or half removed, and may run on.
        """
        record, name = self.state.read(), self.files.name
        if host := record.host:
            return host
        if made := ", ".join(sorted(record.ids_of("aws_instance"))):
            message = (
                f"the host {made} of the stack {name!r} is half made or half removed, and may cost money"
            )
            raise HostError(
                message, hint=f"{command('up', name)} (goes on) or {command('destroy', name)} (removes it)"
            )
        message, others = f"the stack {self.files.name!r} has no host", self.other_hosts()
        if not others:
            raise HostError(message, hint=command("up", self.files.name))
        names = ", ".join(map(repr, others))
        raise HostError(f"{message}; there is one in the stack {names}", hint=command("list", DEFAULT_STACK))

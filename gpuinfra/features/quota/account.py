"""`quota show`, `quota request`, `quota history`: the quotas of the account in one region."""

from collections.abc import Sequence

from gpuinfra.features.quota.ahead import request_command
from gpuinfra.features.quota.requests import QuotaHistory, family
from gpuinfra.features.quota.sums import NO_CODE, QuotaSum, check, vcpus_text
from gpuinfra.features.quota.table import QuotaTable, others, quota_table
from gpuinfra.ground.errors import CloudError, ConfigError, Declined, Interrupted, NotReached
from gpuinfra.ground.names import command
from gpuinfra.ground.pool import Pool
from gpuinfra.ground.protocols import Reporter
from gpuinfra.ground.quota import QuotaAccount, QuotaRequest
from gpuinfra.ground.world import Clock

FOLLOW_S = 60.0
NOT_TAKEN = ("IllegalArgumentException", "InvalidParameterValueException", "ValidationException")
CONSOLE = "https://{region}.console.aws.amazon.com/servicequotas/home/services/ec2/quotas"


class AccountQuotas:
    """The quotas of one region; places: what the stack, or the user, asks for. stack: for hints.

    is_named: the user has said the region, and has to say it again.
    """

    def __init__(
        self,
        source: QuotaAccount,
        *,
        region: str,
        places: Sequence[Pool],
        stack: str,
        reporter: Reporter,
        clock: Clock,
        is_named: bool = False,
    ) -> None:
        self._source, self.region, self._places = source, region, list(places)
        self._stack, self._reporter, self._clock = stack, reporter, clock
        self._option = f" --region {region}" if is_named else ""

    def show(self) -> QuotaTable:
        """Return all that concerns hosts with GPUs; what AWS does not tell is unknown.

        Raises:
            CloudError: AWS tells nothing at all.
            ConfigError: the region has none of the types that are asked for.
        """
        with self._reporter.live(f"Quotas of {self.region}"):
            sums = check(self._source, [*self._places, *others(self._places)])
        self._refuse_unsold(sums)
        if all(it.limit is None and it.in_use is None and it.needed is None for it in sums):
            message = f"AWS tells nothing of the quotas of {self.region}: {sums[0].unsure}"
            raise CloudError(message, hint=command("doctor", self._stack) + self._option)
        own = sums[: len(dict.fromkeys((it.instance_type, it.market) for it in self._places))]
        found = quota_table(self.region, own, sums[len(own) :])
        for line in found.unsure:
            self._reporter.say(f"not sure: {line}")
        for one in found.lacking:
            ask = self._ask(one)
            self._reporter.say(
                f"{one.instance_type} {one.market}: {vcpus_text(one.missing or 0.0)} vCPUs are missing: {ask}"
            )
        return found

    def request(self, vcpus: int | None, *, yes: bool) -> QuotaRequest:
        """Ask AWS for a higher quota: `vcpus` in all, else as many as one more host needs.

        Raises:
            ConfigError: nothing is missing, or so many there are already.
            CloudError: AWS refuses, or does not say what there is and no number was given.
            Declined: the user said no.
        """
        one = self._one(vcpus)
        wanted = self._wanted(one, vcpus)
        has = "unknown" if one.limit is None else vcpus_text(one.limit)
        question = (
            f"Ask AWS for a quota of {vcpus_text(wanted)} vCPUs of {one.family} {one.market} in {self.region}"
            f" (now {has}, {'unknown' if one.in_use is None else one.in_use} in use)?"
        )
        if not yes and not self._reporter.confirm(question):
            raise Declined("nothing was asked for", hint=self._next("quota show"))
        made = self._asked(one.code or "", wanted)
        self._reporter.say(
            f"asked for {vcpus_text(wanted)} vCPUs of {one.family} {one.market}: {made.status}"
        )
        self._reporter.say(f"next: {self._next('quota history --follow')}; AWS takes minutes to days")
        return made

    def history(self, *, follow: bool = False) -> QuotaHistory:
        """Return what was asked for; `follow`: once AWS has answered all of it, changes are told meanwhile.

        Raises:
            CloudError: AWS refuses.
            Interrupted: Ctrl-C; the requests stay.
        """
        with self._reporter.live(f"Requests of {self.region}"):
            found: Sequence[QuotaRequest] = self._source.history()
        try:
            while follow and any(it.is_open for it in found):
                before = {it.request_id: it.status for it in found}
                with self._reporter.live("Waiting for AWS to answer"):
                    self._clock.sleep(FOLLOW_S)
                found = self._history_later(found)
                for it in found:
                    if before.get(it.request_id) != it.status:
                        self._reporter.say(
                            f"{' '.join(family(it))}, {vcpus_text(it.vcpus)} vCPUs: {it.status}"
                        )
        except KeyboardInterrupt:
            message = "stopped looking; the requests stay open"
            raise Interrupted(message, hint=self._next("quota history")) from None
        if not found:
            self._reporter.say(f"nothing was asked for in {self.region}")
        return QuotaHistory(requests=tuple(found))

    def _history_later(self, known: Sequence[QuotaRequest]) -> Sequence[QuotaRequest]:
        """Return what is told now; who follows for days goes on where the network is away for a while."""
        try:
            return self._source.history()
        except NotReached as error:
            self._reporter.say(f"{error.message}; asked again in a minute")
            return known

    def _asked(self, code: str, vcpus: float) -> QuotaRequest:
        try:
            return self._source.request(code, vcpus)
        except CloudError as error:
            if error.code == "ResourceAlreadyExistsException":
                error.retell(error.message, hint=f"{self._next('quota history')}   # what is open")
            elif (
                error.code in NOT_TAKEN
            ):  # most likely no more than there is, which AWS does not tell everybody
                where = CONSOLE.format(region=self.region)
                error.retell(
                    error.message, hint=f"the same command with a larger number; what holds: {where}"
                )
            raise

    def _ask(self, one: QuotaSum) -> str:
        return request_command(one.instance_type, one.market, self._stack) + self._option

    def _next(self, verb: str) -> str:
        return command(verb, self._stack) + self._option

    def _one(self, vcpus: int | None) -> QuotaSum:
        """Return the sum of the first place that lacks something, else of the first.

        Raises:
            ConfigError: no type is named, or AWS publishes no quota for it.
        """
        if not self._places:
            message = "no stack says which type the quota is for"
            raise ConfigError(message, hint="gpuinfra quota request --type g5.xlarge")
        with self._reporter.live(f"Quotas of {self.region}"):
            sums = check(self._source, self._places)
        one = next((it for it in sums if it.is_lacking), sums[0])
        if one.code is None or vcpus is None:
            self._refuse_unsold([one])
        if one.code is None:
            message = f"{NO_CODE}: {one.instance_type} {one.market}"
            raise ConfigError(message, hint=f"look for it at {CONSOLE.format(region=self.region)}")
        return one

    def _refuse_unsold(self, sums: Sequence[QuotaSum]) -> None:
        """Refuse types that the region does not have, mostly mistyped; beside others they are only told."""
        asked = {it.instance_type for it in self._places}
        unsold = dict.fromkeys(it.instance_type for it in sums if it.is_unsold and it.instance_type in asked)
        message = f"{self.region} has no instance type {', '.join(unsold)}"
        if unsold and len(unsold) == len(asked):
            raise ConfigError(message, hint=f"gpuinfra prices --region {self.region}   # what there is")
        if unsold:
            self._reporter.say(f"! {message}")

    def _wanted(self, one: QuotaSum, vcpus: int | None) -> float:
        example = f"{self._ask(one)} {int(one.limit or 0) + 64}"
        if vcpus is not None:
            if one.limit is not None and vcpus <= one.limit:
                limit = vcpus_text(one.limit)
                message = f"the quota of {one.family} {one.market} is {limit} vCPUs; {vcpus} are no more"
                raise ConfigError(message, hint=example)
            return float(vcpus)
        if one.missing is None or one.limit is None:
            raise CloudError(f"how many vCPUs are missing is not known: {one.unsure}", hint=example)
        if not one.missing:
            raise ConfigError(f"nothing is missing for one more host: {one.text}", hint=example)
        return one.limit + one.missing

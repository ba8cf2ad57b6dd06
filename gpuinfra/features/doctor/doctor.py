"""`doctor`: all checks at once, each in a thread, told in a fixed order."""

from collections.abc import Callable
from functools import partial

from gpuinfra.features.doctor import account, given, here, image, place, reserved, rights
from gpuinfra.features.doctor.finding import BAD, Diagnosis, Finding, unsure
from gpuinfra.features.doctor.situation import Situation
from gpuinfra.ground import threads
from gpuinfra.ground.errors import CloudError, ConfigError, GpuInfraError
from gpuinfra.ground.model import Row
from gpuinfra.ground.protocols import Reporter

Check = Callable[[Situation], Finding]
HERE: dict[str, Check] = {
    "terraform.tfvars": here.values,
    "terraform": here.terraform,
    "ssh": here.ssh,
    "rsync": here.rsync,
    "python": here.python,
    "ssh key": here.key,
    "disk here": here.disk_here,
    "your address": here.address,
    "clock": account.clock,
    "credentials": account.credentials,
}
# Without credentials none of these can be told.
AT_AWS: dict[str, Check] = {
    "account": account.state,
    "plan": account.plan,
    "instance type": place.type_offered,
    "quota": place.quota,
    "image": image.there,
    image.TERMS: image.terms,
    "image and GPU": image.fits_gpu,
    "disk": image.disk,
    "network": place.network,
    "EC2 rights": rights.hosts,
    "IAM rights": rights.role,
    "other rights": rights.reads,
}


def examine(it: Situation, reporter: Reporter) -> Diagnosis:
    """Look at everything; what AWS does not tell, or refuses to, is `not sure`."""
    checks = HERE | _at_aws(it)
    with reporter.live("Looking at this machine and the account") as view:
        asked = {name: threads.begin(partial(_looked, name, check, it)) for name, check in checks.items()}
        view.rows([Row(mark="now", text="AWS is asked")])
        found = {name: future.result() for name, future in asked.items()}
        view.rows([])
    return _diagnosis(_in_order(it, found))


def _at_aws(it: Situation) -> dict[str, Check]:
    """Return what AWS is asked; of a reservation and of the account's own things only where one is named."""
    return (
        AT_AWS
        | ({reserved.NAME: reserved.reservation} if it.settings.capacity_reservation_id else {})
        | ({given.NAME: given.all_there} if given.is_any(it) else {})
    )


def _looked(name: str, check: Check, it: Situation) -> Finding:
    try:
        return check(it)
    except GpuInfraError as error:
        return unsure(name, error.message, error.hint)


def _in_order(it: Situation, found: dict[str, Finding]) -> tuple[Finding, ...]:
    nobody = it.caller().refusal is not None
    untold = {name: unsure(name, "not looked at: AWS does not know who asks") for name in _at_aws(it)}
    return tuple((found | untold if nobody else found).values())


def _diagnosis(findings: tuple[Finding, ...]) -> Diagnosis:
    """Exit as `up` would: with the code of a wrong file or machine, else with that of AWS's refusals."""
    wrong = [it.name for it in findings if it.state == BAD]
    local = [
        name for name in wrong if name in HERE and HERE[name] not in (account.clock, account.credentials)
    ]
    code = ConfigError.exit_code if local else CloudError.exit_code if wrong else 0
    return Diagnosis(findings=findings, exit_code=code)

"""RunInstances and StartInstances held to the account's quotas; what stands still takes nothing of them.

Words: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/troubleshooting-launch.html
"""

from collections.abc import Iterator
from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.instance_types import INSTANCE_TYPES
from moto.ec2.models.instances import Instance
from moto.ec2.responses.instances import InstanceResponse

from gpuinfra.ground.pool import ON_DEMAND, SPOT
from gpuinfra.ground.quota_codes import quota_code
from gpuinfra.simulator.api.state import SimulatorState

DEFAULT_TYPE = "m1.small"


def _cpu_options(instance: Any) -> dict[str, int]:
    """Return what an instance was launched with, else what its type has."""
    info = INSTANCE_TYPES.get(instance.instance_type, {}).get("VCpuInfo", {})
    default = {
        "CoreCount": info.get("DefaultCores", info.get("DefaultVCpus", 1)),
        "ThreadsPerCore": info.get("DefaultThreadsPerCore", 1),
    }
    given = instance.__dict__.get("gpuinfra_cpu_options") or {}
    return default | {name: int(value) for name, value in given.items()}


def _vcpus(instance: Any) -> int:
    options = _cpu_options(instance)
    return options["CoreCount"] * options["ThreadsPerCore"]


def _market(instance: Any) -> str:
    return SPOT if instance.lifecycle == SPOT else ON_DEMAND


def _counted(backend: Any, code: str) -> int:
    """Return the vCPUs in use: of pending and running instances, spot apart."""
    alive = (it for it in backend.all_instances() if it.state in ("pending", "running"))
    return sum(_vcpus(it) for it in alive if quota_code(it.instance_type, _market(it)) == code)


def _check(state: SimulatorState, backend: Any, name: str, market: str, vcpus: int) -> None:
    code = quota_code(name, market)
    if code is None or code not in state.seed.quotas:
        return
    limit = state.quotas.limit(code)
    if _counted(backend, code) + vcpus <= limit:
        return
    if market == SPOT:
        raise EC2ClientError("MaxSpotInstanceCountExceeded", "Max spot instance count exceeded")
    raise EC2ClientError(
        "VcpuLimitExceeded",
        f"You have requested more vCPU capacity than your current vCPU limit of {limit:g} allows for the"
        " instance bucket that the specified instance type belongs to. Please visit"
        " http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.",
    )


def _starting(request: Any) -> Iterator[Any]:
    for instance_id in request._get_param("InstanceIds", []):
        instance = request.ec2_backend.get_instance(instance_id)
        if instance.state == "stopped":
            yield instance


def apply(state: SimulatorState) -> None:
    """Wrap both; CpuOptions is told of every instance, as EC2 does."""
    run_before, start_before = InstanceResponse.run_instances, InstanceResponse.start_instances
    Instance.cpu_options = property(_cpu_options)

    def run(self: Any) -> Any:
        given = self._get_param("CpuOptions", {}) or {}
        if not self._get_param("DryRun"):  # which says nothing of quotas
            name = self._get_param("InstanceType") or DEFAULT_TYPE
            options = self._get_param("InstanceMarketOptions", {}) or {}
            market = SPOT if options.get("MarketType") == SPOT else ON_DEMAND
            info = INSTANCE_TYPES.get(name, {}).get("VCpuInfo", {})
            asked = int(given.get("CoreCount", 0)) * int(given.get("ThreadsPerCore", 0))
            each = asked or int(info.get("DefaultVCpus", 1))
            _check(state, self.ec2_backend, name, market, each * int(self._get_param("MinCount") or 1))
        result = run_before(self)
        for instance in result.result.instances:
            instance.gpuinfra_cpu_options = given
        return result

    def start(self: Any) -> Any:
        if not self._get_param("DryRun"):
            for instance in _starting(self):
                vcpus = _vcpus(instance)
                _check(state, self.ec2_backend, instance.instance_type, _market(instance), vcpus)
        return start_before(self)

    InstanceResponse.run_instances, InstanceResponse.start_instances = run, start

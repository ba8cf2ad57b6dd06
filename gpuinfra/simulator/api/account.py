"""moto, patched, behind one class; import this only in the simulator's own process."""

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from moto.budgets.models import budgets_backends
from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.ec2.models import ec2_backends
from moto.iam.models import get_account_id_from, iam_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.scheduler.models import scheduler_backends
from werkzeug.test import run_wsgi_app

from gpuinfra.simulator.api import account_services, price_list
from gpuinfra.simulator.api.app import request_of
from gpuinfra.simulator.api.aws_protocol import ApiAnswer
from gpuinfra.simulator.api.interruptions import Interruptions, instance_of
from gpuinfra.simulator.api.inventory import machine_of, power_off
from gpuinfra.simulator.api.patches import apply_patches, reservations
from gpuinfra.simulator.api.reservations import ReservedCapacity
from gpuinfra.simulator.api.snapshot import Snapshot
from gpuinfra.simulator.api.state import SimulatorState
from gpuinfra.simulator.machine import Machine

ACCOUNT_ID = "123456789012"
PRICE_LIST = "AWSPriceListService."  # of X-Amz-Target


class MotoAccount:
    """The simulated account: carries out calls, resets, lists what is left."""

    def __init__(self, *, state: SimulatorState) -> None:
        apply_patches(state)
        self._lock = state.moto_lock
        self._kept: dict[str, Snapshot] = {}
        self._state = state
        self._interruptions = Interruptions(state)
        self._application = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: dict[str, Any]) -> ApiAnswer:
        """Carry out one call; the services that moto does not have are ours."""
        request = request_of(environ, environ["wsgi.input"].read())
        environ["wsgi.input"].seek(0)
        if environ.get("HTTP_X_AMZ_TARGET", "").startswith(PRICE_LIST):
            return price_list.answer(request)
        if account_services.knows(request):
            return account_services.answer(self._state.account, request)
        chunks, status, headers = run_wsgi_app(self._application, environ, buffered=True)
        return ApiAnswer(status=int(status.split()[0]), headers=tuple(headers), body=b"".join(chunks))

    def owner(self, access_key: str) -> str:
        """Return the account of a key; one that nobody made here is our own."""
        with self._lock:
            return str(get_account_id_from(access_key))

    def reset(self) -> None:
        """Forget everything but the seed.

        moto's own reset first fills every backend again (1 s) and then throws them away: skip that.
        """
        for backends in BackendDict._instances:
            backends.clear()
        BackendDict._instances.clear()
        reset_model_data()

    def keep(self, name: str) -> None:
        """Keep the account as it is now, for back()."""
        self._kept[name] = Snapshot()

    def back(self, name: str) -> None:
        """Let the account be as it was at the last keep() of this name."""
        self._kept[name].restore()

    def remove_default_vpc(self, region: str) -> None:
        """Remove the default VPC of a region, with its subnets."""
        backend = ec2_backends[ACCOUNT_ID][region]
        vpc = backend.get_default_vpc()
        for subnet in backend.describe_subnets(filters={"vpc-id": vpc.id}):
            backend.delete_subnet(subnet.id)
        backend.delete_vpc(vpc.id)

    def leftovers(self) -> Mapping[str, list[str]]:
        """Name everything that a stack could have left, by kind; kinds with nothing are absent."""
        left: dict[str, list[str]] = {}
        for kind, name in self._inventory():
            left.setdefault(kind, []).append(name)
        return left

    def machines(self) -> list[Machine]:
        """Describe every instance, terminated ones too."""
        return [
            machine_of(it) for _, _, backend in ec2_backends.iter_backends() for it in backend.all_instances()
        ]

    def images(self) -> dict[str, str]:
        """Return the images that were made of instances: image -> instance."""
        return {
            it.id: it.instance_id
            for _, _, backend in ec2_backends.iter_backends()
            for it in backend.amis.values()
            if it.instance_id
        }

    def power_off(self, instance_id: str) -> None:
        """Stop or terminate an instance whose host has shut itself down, if it runs."""
        for _, _, backend in ec2_backends.iter_backends():
            for it in backend.all_instances():
                if it.id == instance_id and it._state.name == "running":
                    power_off(it)

    def interrupt(self, instance_id: str, notice_s: float, action: str, with_notice: bool) -> None:
        """Take a spot instance back."""
        found = instance_of(ec2_backends.iter_backends(), instance_id)
        self._interruptions.begin(found, notice_s=notice_s, action=action, with_notice=with_notice)

    def spot_price(self, instance_type: str, zone: str, usd_h: float, notice_s: float) -> None:
        """Let a type cost so much on the spot market of a zone; whoever would not pay it is taken back."""
        self._state.spot_prices[instance_type, zone] = usd_h
        for _, _, backend in ec2_backends.iter_backends():
            spot = [it for it in backend.all_instances() if it.lifecycle == "spot"]
            self._interruptions.price_rose(spot, notice_s=notice_s)

    def rebalance(self, instance_id: str) -> None:
        """Recommend a rebalance of an instance."""
        self._interruptions.recommend(instance_of(ec2_backends.iter_backends(), instance_id))

    def reserve(self, one: ReservedCapacity) -> None:
        """Let the account have a capacity reservation, or change it."""
        reservations.put(self._state, one, _AllInstances())

    def schedules(self) -> Iterator[tuple[str, Any]]:
        """Yield the region and moto's object of each schedule."""
        for _, region, backend in scheduler_backends.iter_backends():
            for group in backend.schedule_groups.values():
                yield from ((region, one) for one in group.schedules.values())

    def executions(self) -> Iterator[tuple[str, Any, Any]]:
        """Yield the region, and moto's objects of the machine and of each execution of Step Functions."""
        for region, machine in self._machines():
            yield from ((region, machine, one) for one in list(machine.executions))

    def _machines(self) -> Iterator[tuple[str, Any]]:
        # moto's module takes a third of a second to import: it is there once the service was called
        if models := sys.modules.get("moto.stepfunctions.models"):
            for _, region, backend in models.stepfunctions_backends.iter_backends():
                yield from ((region, one) for one in list(backend.state_machines))

    def _inventory(self) -> Iterator[tuple[str, str]]:
        for _, _, backend in ec2_backends.iter_backends():
            yield from _ec2_inventory(backend)
        for _, _, backend in iam_backends.iter_backends():
            yield from (("iam_roles", role.name) for role in backend.roles.values())
            yield from (("iam_instance_profiles", it.name) for it in backend.instance_profiles.values())
        for _, _, backend in budgets_backends.iter_backends():
            yield from (("budgets", name) for of_account in backend.budgets.values() for name in of_account)
        yield from (("state_machines", one.name) for _, one in self._machines())
        yield from (("schedules", one.name) for _, one in self.schedules())
        for _, _, backend in scheduler_backends.iter_backends():
            yield from (("schedule_groups", name) for name in backend.schedule_groups if name != "default")


class _AllInstances:
    """The instances that there are at the time when they are looked at."""

    def __iter__(self) -> Iterator[Any]:
        """Yield them."""
        return iter([it for _, _, backend in ec2_backends.iter_backends() for it in backend.all_instances()])


def _ec2_inventory(backend: Any) -> Iterator[tuple[str, str]]:
    alive = (it for it in backend.all_instances() if it.state != "terminated")
    yield from (("instances", it.id) for it in alive)
    groups = (it for of_vpc in backend.groups.values() for it in of_vpc.values())
    yield from (("security_groups", it.id) for it in groups if it.name != "default")
    yield from (("key_pairs", name) for name in backend.key_pairs)
    yield from (("volumes", it) for it in backend.volumes)
    yield from (("network_interfaces", it) for it in backend.enis)
    made = [it for it in backend.amis.values() if it.owner_id == backend.account_id and it.instance_id]
    yield from (("images", it.id) for it in made)
    yield from (
        ("snapshots", it.id) for it in backend.snapshots.values() if getattr(it, "of_instance", False)
    )
    yield from _network_inventory(backend)


def _network_inventory(backend: Any) -> Iterator[tuple[str, str]]:
    yield from (("vpcs", it.id) for it in backend.vpcs.values() if not it.is_default)
    yield from (("nat_gateways", it.id) for it in backend.nat_gateways.values() if it.state != "deleted")
    endpoints = (it for it in backend.vpc_end_points.values() if it.state != "deleted")
    yield from (("vpc_endpoints", it.id) for it in endpoints)
    yield from (("addresses", it.allocation_id) for it in backend.addresses)
    yield from (
        ("internet_gateways", it.id) for it in backend.internet_gateways.values() if not _is_default(it.vpc)
    )


def _is_default(vpc: Any) -> bool:
    return vpc is not None and bool(vpc.is_default)

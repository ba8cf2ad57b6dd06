"""The plan that was agreed upon, applied in its place; in others, what differs in the place alone."""

from collections.abc import Callable, Sequence

from gpuinfra.features.provision import given, progress, until_ready
from gpuinfra.features.provision import plan as planning
from gpuinfra.features.provision.kept_host import OWN
from gpuinfra.features.provision.outcome import check
from gpuinfra.features.provision.resource_names import INSTANCE
from gpuinfra.features.provision.search import Search
from gpuinfra.ground.errors import TerraformError
from gpuinfra.ground.model import Change, Outcome, Record, Settings
from gpuinfra.ground.names import command
from gpuinfra.ground.protocols import Provisioner
from gpuinfra.ground.world import World


def asker(
    world: World, terraform: Provisioner, search: Search, forced: list[str]
) -> Callable[[Settings], Outcome]:
    """Return what applies the saved plan once, and plans and applies in one go in all further places."""
    plan_file = world.files.plan_file

    def ask(settings: Settings) -> Outcome:
        plan = plan_file if plan_file.exists() else None
        if plan is None:
            terraform.give({**given.values(world, settings), **search.values})
        with progress.shown(world, search.title()) as on_progress:
            replace = [] if plan else search.replaced(forced)
            outcome = terraform.apply(plan, replace=replace, target=[], on_progress=on_progress)
        plan_file.unlink(missing_ok=True)
        check(world, outcome, settings)
        return outcome

    return ask


def beside_old(
    world: World,
    terraform: Provisioner,
    search: Search,
    record: Record,
    agreed: Sequence[Change],
    forced: Sequence[str],
) -> Outcome:
    """Apply what was agreed upon, but for the end of the old host: the new one is made beside it.

    Raises:
        GpuInfraError: there is no new host, and the old one is the host, as before; or both are there.
    """
    others = [address for address in forced if address != INSTANCE]
    with until_ready.beside(world, record):
        search.forget_host()
        planned = planning.make(world, terraform, search.settings, replace=others)
        if _apart_from_host(planned.changes) != _apart_from_host(agreed) or _ends_host(planned.changes):
            raise TerraformError(
                "beside the old host Terraform would do something else than what was agreed upon",
                hint=f"{command('up', world.files.name)}   # replaces the host, and keeps no old one",
            )
        return search.run(asker(world, terraform, search, others))


def _apart_from_host(changes: Sequence[Change]) -> set[tuple[str, str]]:
    return {(it.address, it.action) for it in changes if it.address not in OWN}


def _ends_host(changes: Sequence[Change]) -> bool:
    return any(it.address in OWN and it.action != "create" for it in changes)

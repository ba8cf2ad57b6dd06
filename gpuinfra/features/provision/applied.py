"""The plan that was agreed upon, applied in its place; in others, what differs in the place alone."""

from collections.abc import Callable

from gpuinfra.features.provision import given, progress
from gpuinfra.features.provision.outcome import check
from gpuinfra.features.provision.search import Search
from gpuinfra.ground.model import Outcome, Settings
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

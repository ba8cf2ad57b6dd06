"""The plan shown, and agreed upon before anything is changed."""

from collections.abc import Sequence
from dataclasses import dataclass

from gpuinfra.features.money import lease_apply
from gpuinfra.features.provision import consequences
from gpuinfra.features.provision import plan as planning
from gpuinfra.features.provision.down import Running
from gpuinfra.ground.errors import Declined
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World

# What the user types before a host is replaced, and the option that says the same.
REPLACE = "replace"


@dataclass(frozen=True, kw_only=True)
class Consent:
    """What needs no question: `yes`: what loses nothing; with `replace` also the loss of a host and its disk.

    running: what jobs run on the host.
    """

    yes: bool
    replace: bool = False
    running: Running = lambda _: []


def agree(
    world: World,
    proposal: planning.Proposal,
    consent: Consent,
    *,
    places: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> None:
    """Tell what would change, and ask where there is no consent yet.

    places: where the host is asked for, as lines, if in more than one; the plan is about the first. notes:
    what else there is to know.

    Raises:
        Declined: the user said no.
        ConfigError: there is nobody to ask.
    """
    lost = consequences.loss(proposal.changes, proposal.record)
    _tell(world, proposal, consent)
    for line in (*places, *notes):
        world.reporter.say(line)
    question = "Apply this plan, in the first of these places that AWS has?" if places else "Apply this plan?"
    if lost and not (consent.yes and consent.replace):
        agreed = world.reporter.confirm(f"{lost}.", word=REPLACE)
    else:
        agreed = consent.yes or world.reporter.confirm(question)
    if not agreed:
        raise Declined("nothing was changed in AWS", hint=command("up", world.files.name))


def _tell(world: World, proposal: planning.Proposal, consent: Consent) -> None:
    """Show the plan, with --yes only what it costs and means for the host; and which jobs end with that."""
    host, lines = proposal.record.host, consequences.lines(proposal.changes, proposal.record)
    if consent.yes:
        leased = lease_apply.told(world, proposal.settings, proposal.record)
        for line in [*map(str.strip, [*proposal.costs.plan_lines(), *leased]), *lines]:
            world.reporter.say(line)
    else:
        planning.show(world, proposal)
    if lines and host and (commands := consent.running(host)):
        world.reporter.say(f"! running on the host, and lost then: {'; '.join(commands)}")

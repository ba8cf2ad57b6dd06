"""Copying a stopped host's disk: begun, waited for, gone on with.

The copy carries the stack's tags, so that `down` and `leaks` find it, the user's, which the account may
demand of all that is made, and some of its own: whose disk it is,
and which run of that host it followed. Of a host that has been started since, it is out of date.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Protocol

from gpuinfra.features.lifecycle import power
from gpuinfra.features.lifecycle.state_wait import GONE, asked, existing
from gpuinfra.features.money import disk_copies
from gpuinfra.features.provision import half_move, later_start
from gpuinfra.ground.disk_copy import RESTORE_IMAGE, RESTORE_LAUNCH, RESTORE_NAME, RESTORE_OF, DiskCopy
from gpuinfra.ground.errors import AlreadyExists, CloudError, HostError, Interrupted
from gpuinfra.ground.model import Host, Instance, Row, Tags
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World

PENDING, AVAILABLE = "pending", "available"
POLL_S = 5.0
# The first snapshot of a disk takes minutes to hours; what takes longer than a day does not come.
TIMEOUT_S = 86400.0


class DiskImages(Protocol):
    """The copies of disks in one region; each method raises CloudError."""

    def copies(self, tags: Tags) -> Sequence[DiskCopy]:
        """Return those of a stack's hosts."""

    def create(self, instance_id: str, *, name: str, tags: Mapping[str, str]) -> None:
        """Ask EC2 for an image of a stopped instance; it and its snapshot get the tags."""

    def remove(self, image_id: str) -> None:
        """Remove an image and its snapshots."""


def made(world: World, images: DiskImages, host: Host, tags: Tags) -> DiskCopy | None:
    """Return the copy of a stopped host's disk, once EC2 has it; one that was begun is gone on with.

    None: somebody has started the host meanwhile, a copy takes hours. One that was stopped again since is
    copied anew: nothing of what was done on it is lost.

    Raises:
        CloudError: EC2 refuses, or the copy failed.
        HostError: somebody has terminated the host meanwhile.
        Interrupted: Ctrl-C; EC2 goes on with the copy.
    """
    began = world.clock.now()
    ask = partial(_of_stopped, world, images, host, tags, world.state.read().users_tags)
    try:
        with _noted(world), world.reporter.live("Copying the disk") as view:
            look = partial(asked, world, view, ask, began=began, timeout_s=TIMEOUT_S)
            while copy := look():
                disk_copies.note(world.files, copy, time.time())
                if copy.state == AVAILABLE:
                    return copy
                waited_s = world.clock.now() - began
                if waited_s > TIMEOUT_S:
                    raise CloudError("EC2 has not copied the disk within a day", hint=_again(host))
                view.rows([Row(mark="now", text=_text(copy, waited_s), since=began)])
                world.clock.sleep(POLL_S)
    except KeyboardInterrupt:
        message = "stopped waiting; EC2 goes on copying the disk, and the host stays stopped"
        raise Interrupted(message, hint=_again(host)) from None
    half_move.end(world)
    return None


def refuse_older(world: World, host: Host, copy: DiskCopy) -> None:
    """Refuse to make a host from a copy in the place of one that has been started since.

    Raises:
        HostError: it has, by somebody else; its disk has more than the copy.
    """
    now = power.cloud_of(world, host).instance(host.instance_id)
    if now and now.state not in GONE and not (copy.is_of(now) and stands_still(now)):
        message = (
            f"{host.instance_id} was started meanwhile: it is not moved, its disk has more than the copy"
        )
        raise HostError(message, hint=command("start", host.stack))


def stands_still(instance: Instance) -> bool:
    """Tell whether a host has not been started."""
    return instance.state in later_start.STANDS_STILL


@contextmanager
def _noted(world: World) -> Iterator[None]:
    """Note that a move has begun; one that is stopped here, or killed, is half done."""
    half_move.begin(world)
    try:
        yield
    except Exception:
        half_move.end(world)
        raise


def _of_stopped(
    world: World, images: DiskImages, host: Host, tags: Tags, users_tags: Mapping[str, str]
) -> DiskCopy | None:
    """Return the copy as it is now; None: somebody has started the host."""
    instance = existing(power.cloud_of(world, host), host)
    return _looked_at(images, host, instance, tags, users_tags) if stands_still(instance) else None


def _looked_at(
    images: DiskImages, host: Host, instance: Instance, tags: Tags, users_tags: Mapping[str, str]
) -> DiskCopy:
    """Return the copy as it is now; one that failed is removed, one that is not there is asked for."""
    copy = next((it for it in images.copies(tags) if it.is_of(instance)), None)
    if copy is None:
        _create(images, host, instance, tags, users_tags)
        return DiskCopy(
            image_id="",
            state=PENDING,
            instance_id=instance.instance_id,
            launched=instance.launched,
            size_gb=host.root_volume_size_gb,
            percent=0,
        )
    if copy.state not in (PENDING, AVAILABLE):
        images.remove(copy.image_id)
        message = f"EC2 could not copy the disk of {host.instance_id}: its image is {copy.state}"
        raise CloudError(message, hint=command("start", host.stack))
    return copy


def _create(
    images: DiskImages, host: Host, instance: Instance, tags: Tags, users_tags: Mapping[str, str]
) -> None:
    marks = {
        RESTORE_OF: instance.instance_id,
        RESTORE_LAUNCH: instance.launched,
        RESTORE_IMAGE: host.image,
        RESTORE_NAME: host.ami_name,
    }
    digits = "".join(letter for letter in instance.launched if letter.isdigit())
    # the same name each time, and EC2 takes a name once: there is no second copy
    name = f"gpuinfra-{tags.stack} {instance.instance_id} {digits}"
    own = {**users_tags, "Name": f"gpuinfra-{tags.stack}", **tags.as_dict(), **marks}
    try:
        images.create(instance.instance_id, name=name, tags=own)
    except AlreadyExists:
        return  # an earlier run asked for it, and EC2 does not show it yet


def _text(copy: DiskCopy, waited_s: float) -> str:
    left = ""
    if copy.percent and waited_s >= 60:
        minutes = waited_s / copy.percent * (100 - copy.percent) / 60
        left = f", about {max(1, round(minutes))} min left"
    return f"{copy.size_gb} GB disk: {copy.percent} % copied{left}"


def _again(host: Host) -> str:
    return f"{command('start', host.stack)}   # goes on from there"

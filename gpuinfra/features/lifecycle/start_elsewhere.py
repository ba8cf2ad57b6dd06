"""`start` where EC2 has no room for a stopped host: as another type, in another zone, on the other market.

Never two running hosts, never no copy of the disk. Each step is told, and asked for where it costs money or
time; without a yes all is as before: the host stays stopped, and its disk is safe.
"""

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from gpuinfra.features.boot.follow import follow
from gpuinfra.features.capacity.verdict import Verdict, verdict
from gpuinfra.features.capacity.walk import NothingLeftError
from gpuinfra.features.lifecycle import disk_copy, elsewhere_text, half_moved, move, places, power, tries
from gpuinfra.features.lifecycle.disk_copy import DiskImages
from gpuinfra.features.lifecycle.state_wait import GONE, existing
from gpuinfra.features.money import disk_copies
from gpuinfra.features.provision import half_move, kept_text
from gpuinfra.features.provision.preflight import prepare, settings_of
from gpuinfra.ground.disk_copy import DiskCopy
from gpuinfra.ground.errors import CloudError, ConfigError
from gpuinfra.ground.model import Host, Settings, TypeFacts
from gpuinfra.ground.pool import Pool
from gpuinfra.ground.world import World

NO_ROOM = (Verdict.NO_CAPACITY, Verdict.NOT_OFFERED)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """Where else a host may start. images: by region. moves: whether it may; yes: the user has agreed."""

    images: Callable[[str], DiskImages]
    moves: bool = False
    yes: bool = False

    def settle(self, world: World, host: Host) -> Host:
        """Finish what an earlier start began; return the host that there is then.

        Raises:
            GpuInfraError: AWS or Terraform refuses.
        """
        copies = self._copies(world, host)
        if not copies:
            half_move.end(world)
            return host
        if found := half_moved.new_host(world, host, copies):
            copy, new = found
            move.to(world, prepare(world), host, copy, half_moved.place_of(new), anew=False)
            return self._arrived(world, copy)
        move.put_back(world, host.region, [copy.instance_id for copy in copies])
        host = world.recorded_host()
        if origin := _origin(world, host, copies):
            return self._arrived(world, origin)
        return self._again(world, host, copies)

    def settle_move(self, world: World) -> None:
        """Do the same before another apply, where one of a move was killed; raises as settle."""
        if not half_move.exists(world):
            return
        if host := world.state.read().host:  # `down` may have been the answer to the kill
            self.settle(world, host)
        half_move.end(world)

    def go(self, world: World, host: Host, refusal: CloudError) -> Host:
        """Start a host elsewhere that EC2 has just refused to start; return the host that there is then.

        Raises:
            CloudError: there is no other place, or the user does not want it.
        """
        if not self.moves or verdict(refusal) not in NO_ROOM:
            raise refusal
        settings, cloud = settings_of(world), power.cloud_of(world, host)
        instance = existing(cloud, host)
        if why := places.why_reserved(instance):
            raise elsewhere_text.stays(refusal, host, why)
        names = (instance.instance_type, settings.instance_type, *settings.instance_types)
        known = {name: cloud.type_facts(name) for name in dict.fromkeys(names)}
        fit = {name: it for name, it in known.items() if it and not places.unfit(it, instance, host)}
        types = places.in_its_zone(settings, instance, fit)
        agrees = types and self._agrees(world, elsewhere_text.types(world, host, types))
        if agrees and tries.as_another_type(world, host, instance, types):
            self.started(world, host)
            return host
        return self._with_a_copy(world, settings, host, refusal, fit)

    def started(self, world: World, host: Host) -> None:
        """Record the type of a host that started in its own place; a copy of its disk is out of date."""
        now = existing(power.cloud_of(world, host), host)
        for copy in self._copies(world, host):
            if copy.instance_id == host.instance_id:
                self._remove(world, host, copy)
        with suppress(ConfigError):  # a broken terraform.tfvars is said by whoever needs it
            settings = world.values.read()
            if now.instance_type in settings.instance_types and now.instance_type != settings.instance_type:
                world.pool_record.write(half_moved.place_of(now))

    def proven(self, world: World, host: Host) -> None:
        """Remove the copy that a host was made from, once that is proven, and what led to the old one."""
        copies = self._copies(world, host)
        if origin := _origin(world, host, copies):
            for copy in copies:
                if copy.instance_id == origin.instance_id:
                    self._remove(world, host, copy)
                    world.reporter.say(f"the copy of its disk, {copy.image_id}, is deleted")
            world.ssh.forget(dataclasses.replace(host, instance_id=origin.instance_id))

    def _remove(self, world: World, host: Host, copy: DiskCopy) -> None:
        self.images(host.region).remove(copy.image_id)
        disk_copies.note_gone(world.files, [copy.image_id], time.time())

    def _with_a_copy(
        self, world: World, settings: Settings, host: Host, refusal: CloudError, fit: Mapping[str, TypeFacts]
    ) -> Host:
        instance = existing(power.cloud_of(world, host), host)
        pools = places.with_a_copy(settings, instance, fit)
        kept = kept_text.why_it_stays(world)
        if why := kept or places.why_it_stays(settings, world.state.read(), instance, pools):
            raise elsewhere_text.stays(refusal, host, why)
        if not self._agrees(world, elsewhere_text.with_copy(world, host, pools)):
            raise elsewhere_text.stays(refusal, host, "")
        if tries.has_started(world, host):
            self.started(world, host)
            return host
        move.refuse_edits(world, host)
        tags, images = world.state.read().tags or settings.tags, self.images(host.region)
        copy = disk_copy.made(world, images, host, tags)
        if copy is None:
            world.reporter.say(f"{host.instance_id} was started meanwhile, and is not moved")
            self.started(world, host)
            return host
        return self._moved(world, host, copy, pools)

    def _moved(self, world: World, host: Host, copy: DiskCopy, pools: Sequence[Pool]) -> Host:
        settings = prepare(world)

        def to(place: Pool) -> None:
            disk_copy.refuse_older(world, host, copy)
            move.to(world, settings, host, copy, place)

        try:
            tries.walked(world, pools, to)
        except NothingLeftError as over:
            is_gone = half_moved.is_gone(world, host)
            raise elsewhere_text.nowhere(host, copy, over, is_gone=is_gone) from None
        return self._arrived(world, copy)

    def _arrived(self, world: World, copy: DiskCopy) -> Host:
        host = world.recorded_host()
        move.finish(world, copy, host, existing(power.cloud_of(world, host), host))
        return host

    def _again(self, world: World, host: Host, copies: Sequence[DiskCopy]) -> Host:
        """Make a host again from its copy that was ended before its successor was recorded, if it was."""
        instance = power.cloud_of(world, host).instance(host.instance_id)
        copy = next((it for it in copies if it.instance_id == host.instance_id), None)
        if copy is None or (instance and instance.state not in GONE):
            return host
        disk_copies.note(world.files, copy, time.time())
        world.reporter.say(f"{host.instance_id} is gone, and is made again from the copy of its disk")
        return self._moved(world, host, copy, [Pool(instance_type=host.instance_type)])

    def _copies(self, world: World, host: Host) -> Sequence[DiskCopy]:
        tags = world.state.read().tags
        return self.images(host.region).copies(tags) if tags else ()

    def _agrees(self, world: World, step: str) -> bool:
        """Tell what is about to be done; ask where nobody has agreed, and there is somebody to ask."""
        if self.yes:
            world.reporter.say(step)
        return self.yes or world.reporter.offer(f"{step} Go on?")


def _origin(world: World, host: Host, copies: Sequence[DiskCopy]) -> DiskCopy | None:
    """Return the copy that a host was made from, as EC2 says: a move that failed may have written another."""
    now = power.cloud_of(world, host).instance(host.instance_id) if copies else None
    return next((copy for copy in copies if now and now.ami_id == copy.image_id), None)


def start(world: World, elsewhere: Elsewhere, *, wait: bool) -> Host:
    """Start the host, here or elsewhere; with `wait` follow it until it is proven.

    Raises:
        GpuInfraError: as power.start and follow.
    """
    host = power.start(world, elsewhere)
    return followed(world, elsewhere, host, wait=wait)


def followed(world: World, elsewhere: Elsewhere, host: Host, *, wait: bool) -> Host:
    """Return the host, with `wait` once it is proven: then the copy that it was made from goes.

    Raises:
        GpuInfraError: as follow.
    """
    if wait:
        follow(world, host)
        elsewhere.proven(world, host)
    return host

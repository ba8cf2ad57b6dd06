"""What `recover` takes over, in words. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from gpuinfra.features.provision.consequences import difference, host_change
from gpuinfra.features.provision.leftovers import Leftovers, listed
from gpuinfra.features.provision.outcome import describe
from gpuinfra.features.provision.resource_names import INSTANCE, NAMES, kind, label
from gpuinfra.features.provision.resource_names import listed as in_short
from gpuinfra.ground.model import Change, Instance, Settings

DISK_TAGS = "root_block_device.tags."
# What only the record of an imported host lacks: nothing changes at AWS, or what does is put back.
NO_CHANGE = (DISK_TAGS, "user_data_replace_on_change")


def lines(
    host: Instance,
    ids: Mapping[str, str],
    changes: Sequence[Change],
    left: Leftovers,
    costs: Sequence[str],
) -> Iterator[str]:
    """Return what is taken over, made anew (and so the `costs`), changed, removed and left."""
    yield f"takes over the host {describe([host])}"
    names = list(NAMES.values())
    by_kind: dict[str, list[str]] = {}
    for address in sorted(ids.keys() - {INSTANCE}, key=lambda address: names.index(kind(address))):
        by_kind.setdefault(kind(address), []).append(ids[address])
    for name, found in by_kind.items():
        yield f"  {name} {found[0]}" if len(found) == 1 else f"  {len(found)} x {name}"
    if anew := [change.address for change in changes if change.action == "create"]:
        yield f"makes anew: {in_short(anew)}"
        yield from costs
    for change in changes:
        for a in change.attributes if change.action == "update" else ():
            if not a.name.startswith(NO_CHANGE):
                yield f"changes {label(change.address)}: {difference(a)}"
    if left.rules:
        yield f"removes what terraform.tfvars does not say: {listed(left.rules)}"
    if left.costly:
        yield f"not used by the host, and it costs money; `gpuinfra down` removes it: {listed(left.costly)}"


def tags_lost(changes: Sequence[Change], settings: Settings) -> dict[str, str]:
    """Return the tags of the host's disk: the provider takes those of an imported host for unwanted.

    Those that mark it as ours are named in any case: an earlier run may have been killed in between.
    """
    host = host_change(changes)
    lost = [a for a in host.attributes if a.name.startswith(DISK_TAGS)] if host else []
    told = {a.name.removeprefix(DISK_TAGS): a.before for a in lost}
    return {"Name": f"gpuinfra-{settings.stack}", **settings.tags.as_dict(), **told}

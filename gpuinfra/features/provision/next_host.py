"""What terraform.tfvars asks for and only the next host can have: said, since no plan shows it."""

from gpuinfra.ground.model import Host, Settings
from gpuinfra.ground.names import command


def lines(settings: Settings, host: Host | None) -> list[str]:
    """Return what was edited and changes nothing of the host that lives: its image is pinned when it is made.

    Of a host that has moved, ami_id is that of the copy of its disk: only the kind of image is compared.
    """
    asked = "custom" if settings.ami_id else settings.image  # as output image says it
    if host is None or host.image in ("", asked):
        return []
    edit = f"ami_id {settings.ami_id}" if settings.ami_id else f"image {settings.image!r}"
    new = command("up --upgrade-image", host.stack)
    return [
        f"! {edit} is for the next host, this one has {host.image!r}: {new} replaces it, and deletes its disk"
    ]

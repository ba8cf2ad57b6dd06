"""The copy of a stopped host's disk: an image of EC2 with tags that say whose disk it is. Pure."""

from dataclasses import dataclass

from gpuinfra.ground.model import Instance

# Whose disk it is, and which run of that host it followed (LaunchTime, ISO 8601).
RESTORE_OF, RESTORE_LAUNCH = "gpuinfra:restore-of", "gpuinfra:restore-launch"
# What that host was made from: kind and name of its image, whatever a killed run has left of that elsewhere.
RESTORE_IMAGE, RESTORE_NAME = "gpuinfra:restore-image", "gpuinfra:restore-name"


@dataclass(frozen=True, kw_only=True)
class DiskCopy:
    """An image that was made of a host; state: AWS's word.

    instance_id, launched: of which run of which host. percent: how much of its snapshot is done.
    image, ami_name: of that host; empty where an older gpuinfra has made the copy.
    """

    image_id: str
    state: str
    instance_id: str
    launched: str
    size_gb: int
    percent: int = 100
    image: str = ""
    ami_name: str = ""

    def is_of(self, instance: Instance) -> bool:
        """Tell whether it has what is on the disk of a host now: it was not started since."""
        return (self.instance_id, self.launched) == (instance.instance_id, instance.launched)

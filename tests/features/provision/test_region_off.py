"""Credentials that Terraform's provider finds false: our own call tells whether the region is off."""

from pathlib import Path

import pytest

from gpuinfra.features.provision.outcome import check
from gpuinfra.ground.errors import CloudError, NotAccepted
from gpuinfra.ground.model import Diagnostic, Instance, Outcome, Tags
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.world import SETTINGS

SAID = "operation error STS: GetCallerIdentity, RequestID: x, api error InvalidClientTokenId: Invalid"
FAILED = Outcome(ok=False, diagnostics=(Diagnostic(severity="error", summary=SAID, detail=""),))


class Off(FakeCloud):
    """A region that is off, as our own calls tell it."""

    def tagged_instances(self, tags: Tags) -> list[Instance]:
        """Refuse."""
        raise CloudError("the region us-east-1 is not enabled")


@pytest.mark.parametrize(("cloud", "says"), [(Off(), "is not enabled"), (FakeCloud(), "does not accept")])
def test_the_region_is_asked(cloud: FakeCloud, says: str, tmp_path: Path) -> None:
    """`plan` meets the provider first, which knows the credentials' refusal alone."""
    with pytest.raises(CloudError, match=says) as caught:
        check(fake_world(tmp_path, cloud=cloud), FAILED, SETTINGS)
    assert isinstance(caught.value, NotAccepted) == (says == "does not accept")

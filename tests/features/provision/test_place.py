"""The record of where a host is, after whatever was killed, lost or edited."""

import dataclasses
from pathlib import Path

import pytest

from gpuinfra.features.provision.place import correct
from gpuinfra.ground.model import Record, Settings
from gpuinfra.ground.pool import Pool
from tests.fakes.world import RECORDED, SETTINGS
from tests.features.provision.search_scene import G4, G5, TWO, Scene

RECORDED_ZONE = str(RECORDED.outputs["availability_zone"])


@pytest.mark.parametrize(
    ("settings", "record", "wanted"),
    [
        pytest.param(TWO, RECORDED, G4, id="lost"),
        pytest.param(dataclasses.replace(TWO, pool=G5), RECORDED, G4, id="of a try that was killed"),
        pytest.param(dataclasses.replace(TWO, pool=G5), Record(), None, id="no host"),
        pytest.param(
            dataclasses.replace(TWO, pool=G4, instance_types=("g5.xlarge", "g6.xlarge")),
            RECORDED,
            None,
            id="not in the list any more",
        ),
        pytest.param(
            dataclasses.replace(
                TWO, pool=G4, instance_types=("g5.xlarge", "g6.xlarge"), market="spot-then-on-demand"
            ),
            RECORDED,
            G5,
            id="not in the list any more, and its market not the first",
        ),
        pytest.param(
            dataclasses.replace(
                TWO, pool=G4, instance_types=("g5.xlarge",), zones=("us-east-1f", RECORDED_ZONE)
            ),
            RECORDED,
            dataclasses.replace(G5, zone=RECORDED_ZONE),
            id="not in the list any more, and its zone not the first",
        ),
        pytest.param(dataclasses.replace(SETTINGS, pool=G4), RECORDED, None, id="one place"),
    ],
)
def test_the_record_is_made_true(
    settings: Settings, record: Record, wanted: Pool | None, tmp_path: Path
) -> None:
    """It says where the host is that the state names, whatever was killed, lost or edited."""
    scene = Scene(tmp_path, {}, settings=settings)
    corrected = correct(scene.world, settings, record)
    assert (corrected.pool, scene.record.written) == (wanted, [wanted])


@pytest.mark.parametrize("zone", ["", "us-east-1a"])
def test_a_true_record_stays(zone: str, tmp_path: Path) -> None:
    """Also one with a zone that AWS advised, which no list names."""
    settings = dataclasses.replace(TWO, pool=dataclasses.replace(G4, zone=zone))
    scene = Scene(tmp_path, {}, settings=settings)
    assert correct(scene.world, settings, RECORDED) is settings
    assert scene.record.written == []

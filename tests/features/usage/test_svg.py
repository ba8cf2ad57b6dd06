"""The picture of a host's use."""

import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from gpuinfra.features.usage import svg
from gpuinfra.features.usage.sample import parse
from gpuinfra.ground.errors import ConfigError
from tests.features.usage.values import GPU, SAMPLE

pytest.importorskip("leather")
SERIES = [
    parse({**SAMPLE, "time": 1.8e9 + n * 20 + (9000 if n > 50 else 0), "gpus": [GPU, {**GPU, "index": 1}]})
    for n in range(100)
]


def test_each_gpu_and_the_cpu_has_a_line(tmp_path: Path) -> None:
    """Load and memory of each, in a file that is SVG, without any script."""
    file = tmp_path / "usage.svg"
    svg.write(file, "the job train", SERIES)
    tree = ElementTree.fromstring(file.read_text(encoding="utf-8"))
    texts = [str(one.text) for one in tree.iter() if one.text]
    names = (
        "the job train",
        "GPU 0 %",
        "GPU 1 %",
        "GPU 0 memory % (dashed)",
        "GPU 1 memory % (dashed)",
        "CPU %",
    )
    assert [name for name in names if name not in texts] == []
    assert [one for one in tree.iter() if str(one.tag).endswith("script")] == []


def test_no_line_leads_through_the_time_in_which_the_host_was_off() -> None:
    """A gap interrupts each line: it was not in use there."""
    whole, broken = svg.draw("a", SERIES[:50]), svg.draw("a", SERIES)
    assert (whole.count("<path"), broken.count("<path")) == (5, 10)


@pytest.mark.parametrize("gpus", [None, [], [{**GPU, "busy_percent": None, "memory_mib": None}]])
def test_what_is_not_known_has_no_line(gpus: object) -> None:
    """A host without GPUs, or one whose load nobody knows, is drawn all the same."""
    one = parse({**SAMPLE, "gpus": gpus})
    assert [svg.draw("a", [one] * count).count("<path") for count in (1, 2)] == [1, 1]


@pytest.mark.parametrize(
    ("name", "says"), [("usage.png", "must end with .svg"), ("none/usage.svg", "there is no such folder")]
)
def test_a_file_that_cannot_be_is_refused_first(tmp_path: Path, name: str, says: str) -> None:
    """Before the host is asked."""
    with pytest.raises(ConfigError, match=says):
        svg.check(tmp_path / name)


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """In words, with its name."""
    (tmp_path / "usage.svg").mkdir()
    with pytest.raises(ConfigError, match=r"usage.svg cannot be written: "):
        svg.write(tmp_path / "usage.svg", "a", SERIES)


def test_a_missing_library_is_told_with_the_command_that_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the host is asked; without --svg nobody needs it."""
    monkeypatch.setitem(sys.modules, "leather", None)  # as if it were not installed
    with pytest.raises(ConfigError, match="needs leather, which is not installed") as refused:
        svg.check(tmp_path / "usage.svg")
    assert refused.value.hint == "make setup"

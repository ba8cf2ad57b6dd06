"""JSON by the parts of json that cost no import: what was read can be written again."""

import pytest

from gpuinfra.host import lean_json


@pytest.mark.parametrize("text", ["1e999", "-1e999", "NaN", "Infinity", "-Infinity", '{"mtime": 1e400}', ""])
def test_what_is_no_json_is_told_when_it_is_read(text: str) -> None:
    """Python reads numbers that JSON has no word for; in a manifest, they broke a sync."""
    with pytest.raises(ValueError, match="no JSON"):
        lean_json.loads(text)


@pytest.mark.parametrize("value", [1.5, -2e300, 10**30, "\u00e9\n", None, {"a": [1, True, {}]}])
def test_what_is_written_is_read_as_it_was(value: object) -> None:
    """Of all kinds that our records have."""
    assert lean_json.loads(lean_json.dumps(value)) == value

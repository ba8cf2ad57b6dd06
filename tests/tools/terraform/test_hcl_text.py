"""HCL as text: one value is exchanged, all else is kept."""

import pytest

from gpuinfra.tools.terraform import hcl_text
from tests.tools.terraform.test_tfvars import TEXT

LIST = """\
allowed_cidrs = [
  "203.0.113.7/32", # home
  # the office
  "198.51.100.0/24",
  "203.0.113.8/32"
]
"""


def test_one_value_is_replaced_and_all_else_kept() -> None:
    """Comments, layout and nested keys of the same name stay, byte for byte."""
    assert hcl_text.replace(TEXT, "region", "us-east-1") == TEXT.replace('"eu-west-1"', '"us-east-1"')


@pytest.mark.parametrize(
    ("wanted", "old", "new"),
    [
        (
            ["198.51.100.0/24", "9.9.9.9/32"],
            [('"203.0.113.7/32"', '"9.9.9.9/32"'), ('  "203.0.113.8/32"\n', "")],
            "the first that goes gives its place",
        ),
        (
            ["203.0.113.7/32", "198.51.100.0/24", "203.0.113.8/32", "9.9.9.9/32"],
            [('"203.0.113.8/32"', '"203.0.113.8/32", "9.9.9.9/32"')],
            "nothing goes",
        ),
        (
            ["203.0.113.7/32"],
            [('  "198.51.100.0/24",\n', ""), ('  "203.0.113.8/32"\n', "")],
            "nothing is new",
        ),
    ],
)
def test_a_list_of_several_lines_keeps_its_comments(
    wanted: list[str], old: list[tuple[str, str]], new: str
) -> None:
    """What stays is not touched; no comment is lost."""
    expected = LIST
    for before, after in old:
        expected = expected.replace(before, after)
    assert hcl_text.replace(LIST, "allowed_cidrs", wanted) == expected, new


def test_commas_in_odd_places_do_not_break_a_list() -> None:
    """Where no edit by items gives a sound list, the whole list is written anew."""
    odd = 'allowed_cidrs = [\n  "a" # one\n  , "b"\n]\n'
    assert hcl_text.replace(odd, "allowed_cidrs", ["b"]) == 'allowed_cidrs = ["b"]\n'


def test_a_missing_key_is_added() -> None:
    """At the end, on a line of its own, whether or not the file ended with one."""
    for text in (TEXT, TEXT.rstrip("\n")):
        assert hcl_text.replace(text, "image", "ubuntu") == TEXT + 'image = "ubuntu"\n'


def test_values_of_another_file_take_the_place_of_these() -> None:
    """As they stand there, expressions included; what is new comes last, comments of this one stay."""
    other = '# big\nregion = "us-west-2" # there\ntags = { "a b" = "${x}" }\nmine = [\n  1,\n]\n'
    overlaid = hcl_text.overlaid(TEXT, other)
    assert overlaid.startswith(TEXT[: TEXT.index("/* block")])
    assert {"region": "us-west-2"}.items() <= {n: i.value for n, i in hcl_text.read(overlaid).items()}.items()
    assert 'tags = { "a b" = "${x}" }\n' in overlaid
    assert overlaid.endswith("mine = [\n  1,\n]\n")

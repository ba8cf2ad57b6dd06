"""Of the provider's schema just the types that our modules name are left."""

from pathlib import Path

import pytest

from tests.short_schema import MODULES, fields, named, shortened


def field(number: int, value: bytes) -> bytes:
    """Return a field of a protobuf message: tag and length as varints, then the value."""
    return varint(number << 3 | 2) + varint(len(value)) + value


def varint(number: int) -> bytes:
    """Return 7 bits a byte, the last one without its high bit."""
    if number < 128:
        return bytes([number])
    return bytes([number & 127 | 128]) + varint(number >> 7)


def entry(name: str, schema: bytes) -> bytes:
    """Return an entry of a map from names to schemas."""
    return field(1, name.encode()) + field(2, schema)


def test_other_types_are_left_out_and_all_else_stays_as_it_is() -> None:
    """Provider, the named types, capabilities: byte for byte, however long."""
    provider, capabilities = field(1, b"provider"), field(6, b"")
    ours = field(2, entry("aws_instance", b"x" * 300)) + field(3, entry("aws_ami", b"y" * 70_000))
    others = field(2, entry("aws_eks_cluster", b"z" * 9)), field(3, entry("aws_eks_cluster", b""))
    schema = provider + others[0] + ours + others[1] + capabilities
    assert shortened(schema, {"aws_instance", "aws_ami"}) == provider + ours + capabilities


def test_what_is_no_such_message_is_not_cut() -> None:
    """A field that is a number would be read wrongly: the schema has none."""
    with pytest.raises(ValueError, match="wire type 0"):
        list(fields(bytes([1 << 3, 5])))


def test_types_are_found_where_they_are_declared(tmp_path: Path) -> None:
    """In the modules of a directory, not in what they say about others."""
    module = tmp_path / "modules" / "one"
    module.mkdir(parents=True)
    (module / "main.tf").write_text(
        'resource "aws_vpc" "a" {}\n# resource "aws_iam_user"\ndata "aws_ami" "b" {}'
    )
    assert named(tmp_path) == {"aws_vpc", "aws_ami"}
    assert {"aws_instance", "aws_security_group"} <= named(MODULES)

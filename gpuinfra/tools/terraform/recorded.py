"""What a state file may say: every shape and value is checked here, before anything uses it. Pure.

A state may have come with somebody else's directory. What it says of the host goes into ssh's configuration,
file names, command lines: each value must look as AWS, Linux or our own variables make it, or all is refused.
"""

import dataclasses
import json
import re
from typing import Any, TypeVar

from gpuinfra.ground.model import Host, Record, Tags
from gpuinfra.ground.text import shorten
from gpuinfra.tools.terraform.recorded_disk import speed
from gpuinfra.tools.terraform.recorded_place import true_outputs

T = TypeVar("T")
Found = tuple[dict[str, Any], list[dict[str, Any]]]  # a resource and its instances
HEX = "([0-9a-f]{8}|[0-9a-f]{17})"  # resources of before 2016 have the short ids
OCTET = "(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
IPV4 = rf"{OCTET}(\.{OCTET}){{3}}"
# What may be written as one likes: names and paths, in one line.
ONE_LINE = r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]"
# Each text of a Host; any may also be empty, as the address of a stopped one is.
TEXTS = {
    "stack": r"[a-z][a-z0-9-]{0,31}",
    "owner": r"[a-z][a-z0-9.@-]{0,63}",
    "region": r"[a-z]{2,}(-[a-z]+)+-[0-9]+",
    "instance_id": f"i-{HEX}",
    "instance_type": r"[a-z][a-z0-9-]*\.[a-z0-9-]+",
    "image": r"[a-z][a-z-]*",
    "ami_id": f"ami-{HEX}",
    "ami_name": f"{ONE_LINE}{{1,256}}",
    "availability_zone": r"[a-z]{2,}(-[a-z0-9]+)+",
    "market": "on-demand|spot|capacity-block",
    "access": "ssh|ssm",
    "public_ip": IPV4,
    "private_ip": IPV4,
    "ssh_user": r"[a-z_][a-z0-9_-]{0,31}",  # useradd(8)
    "key_name": f"{ONE_LINE}{{1,255}}",
    "private_key_path": f"{ONE_LINE}{{1,4096}}",
    "security_group_id": f"sg-{HEX}",
    "root_volume_id": f"vol-{HEX}",
}
PROJECT = f"{ONE_LINE}{{1,256}}"
NUMBERS = ("gpu_count", "root_volume_size_gb")
CIDR = rf"({IPV4}|[0-9a-f:.]*:[0-9a-f:.]*)/[0-9]{{1,3}}"
LISTS = {"allowed_cidrs": CIDR, "security_group_ids": f"sg-{HEX}"}
KINDS: dict[type, str] = {dict: "an object", list: "a list", str: "a text"}
DEEPEST = 50  # ours are two deep; what is far deeper cannot even be printed


class Malformed(ValueError):
    """The state says something that Terraform does not write; the message is the thing found."""


def record(raw: dict[str, Any]) -> Record:
    """Return what a version 4 state holds.

    Raises:
        Malformed: it has another shape, or says of the host what cannot be.
    """
    outputs = {name: _output(name, one) for name, one in _part(raw, "outputs", dict, {}).items()}
    found = [(one, _objects(one, "instances")) for one in _objects(raw, "resources")]
    hosts = _of_type(found, "aws_instance")
    hosts = [i for i in hosts if not i.get("deposed")] or hosts
    iops, throughput_mib_s = speed(_part(hosts[0], "attributes", dict, {}) if hosts else {})
    return Record(
        disk_iops=iops,
        disk_throughput_mib_s=throughput_mib_s,
        resources={
            address(resource, instance): _id(instance)
            for resource, instances in found
            for instance in instances
            if resource.get("mode") == "managed"
        },
        public_key=_public_key(_of_type(found, "aws_key_pair")),
        outputs=outputs,
        host=_host({name: _output(name, {"value": it}) for name, it in true_outputs(outputs, hosts).items()}),
        region=_region(found, outputs),
        tags=_tags(found),
    )


def _of_type(found: list[Found], kind: str) -> list[dict[str, Any]]:
    return [i for resource, instances in found for i in instances if resource.get("type") == kind]


def _output(name: str, output: object) -> object:
    if not isinstance(output, dict) or "value" not in output:
        raise Malformed(f"the output {name!r} is {_shown(output)}; it must be an object with a value")
    value = output["value"]
    _check_depth(value, DEEPEST)
    if value is not None and not _is_possible(name, value):
        raise Malformed(f"the output {name!r} is {_shown(value)}, which neither AWS nor gpuinfra writes")
    return value


def _is_possible(name: str, value: object) -> bool:
    if name in NUMBERS:
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if name in LISTS:
        return isinstance(value, list) and all(_matches(LISTS[name], one) for one in value)
    return name not in TEXTS or value == "" or _matches(TEXTS[name], value)


def _matches(pattern: str, value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None


def _check_depth(value: object, left: int) -> None:
    if not left:
        raise Malformed(f"an output is more than {DEEPEST} levels deep")
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _check_depth(part, left - 1)


def address(resource: dict[str, Any], instance: dict[str, Any]) -> str:
    """Return what Terraform calls one of a state's resources."""
    module, kind = _part(resource, "module", str, ""), _part(resource, "type", str)
    prefix, key = f"{module}." if module else "", instance.get("index_key")
    if not isinstance(key, str | int | None):
        raise Malformed(f"an index_key is {_shown(key)}; it must be a text or a number")
    found = f"{prefix}{kind}.{_part(resource, 'name', str)}{'' if key is None else f'[{json.dumps(key)}]'}"
    deposed = _part(instance, "deposed", str, "")  # it has a successor, and waits to be deleted
    return f"{found} (deposed {deposed})" if deposed else found


def _id(instance: dict[str, Any]) -> str:
    found = _part(instance, "attributes", dict, {}).get("id")
    if not isinstance(found, str | int | None):
        raise Malformed(f"an id is {_shown(found)}; it must be a text")
    return "" if found is None else str(found)


def _public_key(pairs: list[dict[str, Any]]) -> str:
    """Return type and key of the key pair; an old tree kept the comment behind them, too."""
    found = [_part(pair, "attributes", dict, {}).get("public_key") or "" for pair in pairs]
    if not all(isinstance(one, str) for one in found):
        raise Malformed("a public_key is not a text")
    return " ".join(found[-1].split()[:2]) if found else ""


def _region(found: list[Found], outputs: dict[str, object]) -> str:
    """Return the region; before there is a host, and outputs, it is what terraform/providers.tf keeps."""
    ours = ("terraform_data", "region")
    kept = [i for r, instances in found for i in instances if (r.get("type"), r.get("name")) == ours]
    inputs = [_part(one, "attributes", dict, {}).get("input") for one in kept]
    named = [one.get("value") for one in inputs if isinstance(one, dict) and "value" in one]
    return str(outputs.get("region") or next((one for one in named if _matches(TEXTS["region"], one)), ""))


def _tags(found: list[Found]) -> Tags | None:
    """Return what marks the resources as one stack's."""
    names = [field.name for field in dataclasses.fields(Tags)]
    for resource, instances in found:
        for instance in instances if resource.get("mode") == "managed" else ():
            tags = _part(instance, "attributes", dict, {}).get("tags_all")
            values = {n: tags.get(f"gpuinfra:{n}") for n in names} if isinstance(tags, dict) else {}
            if values and all(_matches(TEXTS.get(n, PROJECT), value) for n, value in values.items()):
                return Tags(**{name: str(value) for name, value in values.items()})
    return None


def _host(outputs: dict[str, Any]) -> Host | None:
    fields = dataclasses.fields(Host)
    required = [f.name for f in fields if f.default is dataclasses.MISSING]
    if not outputs.get("instance_id") or any(n not in outputs for n in required):
        return None
    values = {f.name: _value(f.name, outputs[f.name]) for f in fields if f.name in outputs}
    return Host(**values)


def _value(name: str, value: Any) -> Any:
    """Return a value of a Host; what is not there (null) is empty."""
    if name in NUMBERS:
        return value or 0
    return tuple(value or ()) if name in LISTS else value or ""


def _objects(holder: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found: list[Any] = _part(holder, name, list, [])
    for one in found:
        if not isinstance(one, dict):
            raise Malformed(f"{name!r} holds {_shown(one)}; it must hold objects")
    return found


def _part(holder: dict[str, Any], name: str, kind: type[T], absent: T | None = None) -> T:
    found = holder.get(name, absent)
    if not isinstance(found, kind):
        raise Malformed(f"{name!r} is {_shown(found)}; it must be {KINDS[kind]}")
    return found


def _shown(value: object) -> str:
    """Return a value in a few words; how deep it is does not matter."""
    if isinstance(value, dict | list) and value:
        return "an object" if isinstance(value, dict) else "a list"
    return shorten(json.dumps(value))

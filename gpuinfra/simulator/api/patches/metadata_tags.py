"""Instance tags in the metadata service: the keys that EC2 refuses there, and options that are kept."""

import re
from collections.abc import Iterable
from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import EC2Backend

from gpuinfra.simulator.api.state import SimulatorState

# The service names tags by paths: neither a space nor a slash.
_KEY = re.compile(r"[0-9a-zA-Z\-_+=,.@:]{1,255}")
_RESERVED = (".", "..", "_index")


def apply(state: SimulatorState) -> None:
    """Refuse what EC2 refuses while an instance can read its tags; change only the options that are named."""
    _refuse_tags()
    _refuse_launch()
    _keep_options()


def _refuse_tags() -> None:
    of_moto = EC2Backend.create_tags

    def create_tags(self: Any, resource_ids: list[str], tags: dict[str, str]) -> Any:
        if any(_reads_its_tags(self, it) for it in resource_ids if it.startswith("i-")):
            _check(tags)
        return of_moto(self, resource_ids, tags)

    EC2Backend.create_tags = create_tags


def _refuse_launch() -> None:
    of_moto = EC2Backend.run_instances

    def run_instances(self: Any, *args: Any, **kwargs: Any) -> Any:
        if (kwargs.get("metadata_options") or {}).get("InstanceMetadataTags") == "enabled":
            _check((kwargs.get("tags") or {}).get("instance", {}))
        return of_moto(self, *args, **kwargs)

    EC2Backend.run_instances = run_instances


def _keep_options() -> None:
    """Moto forgets what a call does not name: false drift ever after."""
    of_moto = EC2Backend.modify_instance_metadata_options
    fields = {
        "http_tokens": "http_tokens",
        "hop_limit": "http_put_response_hop_limit",
        "http_endpoint": "http_endpoint",
        "http_protocol": "http_protocol_ipv6",
        "metadata_tags": "instance_metadata_tags",
    }

    def modify(self: Any, instance_id: str, **named: Any) -> Any:
        if named.get("metadata_tags") == "enabled":
            _check(self.tags.get(instance_id, {}))
        now = self.get_instance(instance_id).metadata_options
        kept = {name: named.get(name) or getattr(now, field) for name, field in fields.items()}
        return of_moto(self, instance_id, **{**named, **kept})

    EC2Backend.modify_instance_metadata_options = modify


def _reads_its_tags(backend: Any, instance_id: str) -> bool:
    for instance in backend.all_instances():
        if instance.id == instance_id:
            return bool(instance.metadata_options.instance_metadata_tags == "enabled")
    return False


def _check(keys: Iterable[str]) -> None:
    for key in keys:
        if not _KEY.fullmatch(key) or key in _RESERVED:
            raise EC2ClientError(
                "InvalidParameterValue",
                f"'{key}' is not a valid tag key. Tag keys must match pattern"
                " ([0-9a-zA-Z\\-_+=,.@:]{1,255}), and must not be a reserved name ('.', '..', '_index')",
            )

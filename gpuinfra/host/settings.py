"""On the host: settings that terraform.tfvars gives to a living host, as tags of the instance.

Terraform sets the tags, `apply` changes them in place, and the metadata service shows them here: no ssh, no
right of the role, no laptop is needed. Only short values, no secrets. Standard library only.
"""

from __future__ import annotations

import http.client
import os

# GPUINFRA_METADATA moves it, for tests
METADATA = os.environ.get("GPUINFRA_METADATA", "169.254.169.254")
TIMEOUT_S = 2.0
UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def job_time_limit_s(metadata: str = METADATA) -> float | None:
    """Return the time limit of jobs that name none, in seconds; None where no tag gives one."""
    return seconds(tag("gpuinfra:job-time-limit", metadata))


def tag(name: str, metadata: str = METADATA) -> str:
    """Return the value of a tag of this instance; empty when there is none, or nothing answers."""
    return _get(f"meta-data/tags/instance/{name}", metadata)


def instance_type(metadata: str = METADATA) -> str:
    """Return the type of this instance as it is now; empty when nothing answers."""
    return _get("meta-data/instance-type", metadata)


def start_time(metadata: str = METADATA) -> str:
    """Return when this instance was last started; a reboot leaves it; empty when nothing tells.

    EC2 makes the identity document anew at each start, with its pendingTime (EC2 user guide, "Instance
    identity documents").
    """
    document = _get("dynamic/instance-identity/document", metadata)
    return document.partition('"pendingTime"')[2].partition(",")[0].strip(' :"\n}')


def _get(item: str, metadata: str) -> str:
    """Return what lies at a path of the metadata (IMDSv2); empty when there is none, or nothing answers."""
    ttl = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
    try:
        token = _ask(metadata, "PUT", "/latest/api/token", ttl)
        header = {"X-aws-ec2-metadata-token": token}
        return _ask(metadata, "GET", f"/latest/{item}", header)
    except (OSError, http.client.HTTPException):
        return ""


def seconds(text: str) -> float | None:
    """Return a time such as 90s, 30m, 2h or 1d in seconds, as --time-limit has it; None for what is none."""
    try:
        return float(text[:-1]) * UNITS_S[text[-1:]] or None
    except (ValueError, KeyError):
        return None


def _ask(metadata: str, method: str, path: str, headers: dict[str, str]) -> str:
    connection = http.client.HTTPConnection(metadata, timeout=TIMEOUT_S)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        body = answer.read().decode("utf-8", "replace").strip()
        return body if answer.status == 200 else ""
    finally:
        connection.close()

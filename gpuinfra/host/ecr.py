"""On the host: pull an image from ECR as the host's own role, with no credential in any file.

`ecr.py pull IMAGE -- DOCKER...` runs docker with a configuration that names this script as the helper which
knows the password; docker asks it (`ecr.py credential get`) and keeps the answer in memory.
Plain Python of the system, sent there by gpuinfra: neither the AWS command line nor boto3 is needed.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

METADATA = "http://169.254.169.254/latest"
TARGET = "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken"
REGISTRY = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.(amazonaws\.com(?:\.cn)?)\Z")
HELPER = "gpuinfra-ecr"
TIMEOUT_S = 20


class EcrError(Exception):
    """Something that the user is told in one line."""


def fetch(request: urllib.request.Request) -> bytes:
    """Return the body of an answer."""
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
        body: bytes = answer.read()
        return body


def role_keys() -> dict[str, Any]:
    """Return the keys of the host's role, which AWS renews by itself."""
    ttl = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
    try:
        token = fetch(urllib.request.Request(f"{METADATA}/api/token", method="PUT", headers=ttl))  # noqa: S310
        header = {"X-aws-ec2-metadata-token": token.decode()}
        place = f"{METADATA}/meta-data/iam/security-credentials/"
        role = fetch(urllib.request.Request(place, headers=header)).decode().split()[0]  # noqa: S310
        keys: dict[str, Any] = json.loads(fetch(urllib.request.Request(place + role, headers=header)))  # noqa: S310
    except (OSError, IndexError, ValueError) as error:
        raise EcrError(f"the host's role gives no keys (instance metadata: {error})") from None
    return keys


def signature(key: bytes, day: str, region: str, text: str) -> str:
    """Return the Signature Version 4 of a text for ECR."""
    for part in (day, region, "ecr", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def signed_headers(
    host: str, region: str, body: bytes, keys: Mapping[str, Any], now: datetime.datetime
) -> dict[str, str]:
    """Return the headers of a signed POST to / (AWS Signature Version 4)."""
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "host": host,
        "x-amz-date": stamp,
        "x-amz-security-token": keys["Token"],
        "x-amz-target": TARGET,
    }
    names, scope = ";".join(headers), f"{day}/{region}/ecr/aws4_request"
    lines = [f"{name}:{value}" for name, value in headers.items()]
    canonical = "\n".join(["POST", "/", "", *lines, "", names, hashlib.sha256(body).hexdigest()])
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    sign = signature(f"AWS4{keys['SecretAccessKey']}".encode(), day, region, text)
    credential = f"Credential={keys['AccessKeyId']}/{scope}, SignedHeaders={names}, Signature={sign}"
    return {**headers, "authorization": f"AWS4-HMAC-SHA256 {credential}"}


def password(registry: str) -> str:
    """Ask ECR, as the host's role, for what docker logs in with at this registry."""
    found = REGISTRY.match(registry)
    if not found:
        raise EcrError(f"{registry!r} is no registry of ECR")
    account, region, domain = found.groups()
    url = os.environ.get("AWS_ENDPOINT_URL_ECR") or f"https://api.ecr.{region}.{domain}"
    body = json.dumps({"registryIds": [account]}).encode()
    now = datetime.datetime.now(datetime.timezone.utc)  # noqa: UP017 - Python 3.10 on the host
    headers = signed_headers(url.split("/")[2], region, body, role_keys(), now)
    request = urllib.request.Request(url.rstrip("/") + "/", data=body, headers=headers)  # noqa: S310
    try:
        answer = json.loads(fetch(request))
    except urllib.error.HTTPError as error:
        text = " ".join(error.read().decode(errors="replace").split())[:300]
        raise EcrError(f"ECR refused the host's role (HTTP {error.code}): {text}") from None
    except OSError as error:
        raise EcrError(f"ECR cannot be reached from the host at {url}: {error}") from None
    token = base64.b64decode(answer["authorizationData"][0]["authorizationToken"]).decode()
    return token.split(":", 1)[1]


def credential(verb: str, *, given: TextIO, out: TextIO) -> int:
    """Be docker's credential helper: only `get` has an answer, nothing is stored."""
    if verb == "list":
        out.write("{}\n")
        return 0
    registry = given.read().strip()
    if verb != "get":
        return 0
    answer = {"ServerURL": registry, "Username": "AWS", "Secret": password(registry)}
    out.write(json.dumps(answer) + "\n")
    return 0


def pull(image: str, docker: Sequence[str]) -> int:
    """Pull an image unless it is there; the files written for docker hold no secret, and are removed."""
    inspect = [*docker, "image", "inspect", image]
    if subprocess.run(inspect, capture_output=True, check=False).returncode == 0:
        return 0
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
    with tempfile.TemporaryDirectory(prefix="gpuinfra-ecr-", dir=memory) as scratch:
        helper = Path(scratch, f"docker-credential-{HELPER}")
        helper.write_text(
            f'#!/bin/sh\nexec "{sys.executable}" -I "{Path(__file__).resolve()}" credential "$@"\n'
        )
        helper.chmod(0o700)
        config = {"credHelpers": {image.split("/")[0]: HELPER}}
        Path(scratch, "config.json").write_text(json.dumps(config))
        path = f"PATH={scratch}:{os.environ.get('PATH', '')}"
        kept = [f"{n}={v}" for n, v in os.environ.items() if n == "AWS_ENDPOINT_URL_ECR"]
        # stdout belongs to the command that will run in the container
        command = [*docker[:-1], "env", path, *kept, docker[-1], "--config", scratch, "pull", image]
        return subprocess.run(command, stdout=sys.stderr, check=False).returncode


def main(argv: Sequence[str]) -> int:
    """Run one of the two ways; returns the exit code."""
    try:
        if argv[0] == "credential":
            return credential(argv[1], given=sys.stdin, out=sys.stdout)
        return pull(argv[1], argv[argv.index("--") + 1 :])
    except EcrError as error:
        # docker shows what its helper prints to stdout
        sys.stdout.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Signature Version 4 as our script on the host computes it, against AWS's own library."""

import datetime
import io
import json
import subprocess
import sys

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from gpuinfra.host import ecr
from tests.waiting import PATIENCE_S

KEYS = {"AccessKeyId": "AKIDEXAMPLE", "SecretAccessKey": "secret/+=", "Token": "token=="}
NOW = datetime.datetime(2026, 11, 23, 7, 0, 5, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("host", "region"), [("api.ecr.us-east-1.amazonaws.com", "us-east-1"), ("127.0.0.1:8999", "eu-south-1")]
)
def test_the_signature_is_that_of_the_sdk(host: str, region: str) -> None:
    """For any host and region, with the session token of a role."""
    body = b'{"registryIds": ["763104351884"]}'
    headers = ecr.signed_headers(host, region, body, KEYS, NOW)
    request = AWSRequest(
        method="POST",
        url=f"https://{host}/",
        data=body,
        headers={k: v for k, v in headers.items() if k not in ("authorization", "host")},
    )
    request.context["timestamp"] = headers["x-amz-date"]
    auth = SigV4Auth(Credentials(KEYS["AccessKeyId"], KEYS["SecretAccessKey"], KEYS["Token"]), "ecr", region)
    text = auth.string_to_sign(request, auth.canonical_request(request))
    assert headers["authorization"].endswith(f"Signature={auth.signature(text, request)}")


@pytest.mark.parametrize(
    "registry", ["docker.io", "https://763104351884.dkr.ecr.us-east-1.amazonaws.com", ""]
)
def test_no_password_for_others(registry: str) -> None:
    """Only a registry of ECR is asked for one; nothing is contacted."""
    argv = [sys.executable, ecr.__file__, "credential", "get"]
    done = subprocess.run(
        argv, input=registry, capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )
    assert (done.returncode, done.stdout) == (1, f"{registry!r} is no registry of ECR\n")


@pytest.mark.parametrize(("verb", "said"), [("store", ""), ("erase", ""), ("list", "{}\n")])
def test_the_helper_stores_nothing(verb: str, said: str) -> None:
    """Docker's protocol has verbs to keep a password; ours has no place for one."""
    out, given = io.StringIO(), io.StringIO(json.dumps({"Secret": "x"}))
    assert ecr.credential(verb, given=given, out=out) == 0
    assert out.getvalue() == said

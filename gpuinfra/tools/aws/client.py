"""The one builder of AWS clients: with the rest of tools/aws the only importer of boto3."""

import functools
import os
from collections.abc import Mapping
from typing import Any

import boto3
import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config

from gpuinfra.tools.aws import answer, credentials
from gpuinfra.tools.aws.error_codes import no_credentials
from gpuinfra.tools.aws.errors import map_boto_errors

CONNECT_TIMEOUT_S, READ_TIMEOUT_S = 10, 30
ATTEMPTS = 5
SIGNED = ("authorization", "x-amz-date", "x-amz-security-token")


def session(region: str = "") -> "boto3.session.Session":
    """Return a session with the user's own configuration; `region`: for who has none in it.

    Raises:
        CloudError: the configuration cannot be read, or names a profile that is not there.
    """
    with map_boto_errors():
        return boto3.session.Session(botocore_session=core(region))


def core(region: str = "") -> Any:
    """Return the same as botocore has it; the region is where a role is asked for."""
    made = botocore.session.get_session()
    made.register_component("data_loader", _models())
    made.register_component("credential_provider", credentials.CredentialChain(made))
    if region and not made.get_config_variable("region"):
        made.set_config_variable("region", region)
    return made


@functools.cache
def _models() -> Any:
    """Return the reader of AWS's models: of all that a session holds only these are not the user's.

    To read and parse them is most of what a client costs, a third of a second; so it is done once.
    """
    return botocore.session.get_session().get_component("data_loader")


def client(
    service: str,
    region: str,
    *,
    own: "boto3.session.Session | None" = None,
    attempts: int = ATTEMPTS,
    read_timeout_s: int = READ_TIMEOUT_S,
) -> Any:
    """Return a client of one service; throttling is retried with jitter, up to `attempts` tries in all.

    Raises:
        CloudError: the configuration cannot be read.
    """
    config = Config(
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=read_timeout_s,
    )
    with map_boto_errors(service):
        builder: Any = own or session(region)  # the stubs have one overload a service, by literal names
        made = builder.client(service, region_name=region, config=config)
        made.meta.events.register("before-parse", answer.check)
        return made


def sign(own: "boto3.session.Session", service: str, region: str, url: str) -> Mapping[str, str]:
    """Return the headers that prove to a service who asks for a GET of this address (Signature Version 4).

    Raises:
        CloudError: the caller has no credentials.
    """
    with map_boto_errors(service):
        found = own.get_credentials()
        if found is None:
            raise no_credentials()
        request = AWSRequest("GET", url)
        SigV4Auth(found.get_frozen_credentials(), service, region).add_auth(request)
    return {name: value for name, value in request.headers.items() if name.lower() in SIGNED}


def default_region() -> str:
    """Return the region that the user's own AWS configuration names, or nothing.

    AWS_REGION first: Terraform and the other SDKs know it, boto3 only AWS_DEFAULT_REGION.

    Raises:
        CloudError: the configuration cannot be read.
    """
    with map_boto_errors():
        return os.environ.get("AWS_REGION") or session().region_name or ""

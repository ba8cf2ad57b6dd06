"""The caller's credentials for a child that is no Python: Terraform, whose provider would look for its own.

It does not know all kinds (`aws login`), asks nobody for an MFA code, and takes AWS_PROFILE before keys in
the environment, where boto3 does not: what is looked for in one account would be made in another.
"""

import hmac
import json
import os
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.tools.aws.client import core
from gpuinfra.tools.aws.credential_errors import CredentialSource
from gpuinfra.tools.aws.credentials import no_questions
from gpuinfra.tools.aws.error_codes import no_credentials
from gpuinfra.tools.aws.errors import map_boto_errors

# By these the provider would find credentials by itself.
SOURCES = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_KEY",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
)
# What a profile says beside credentials, as the environment says it.
# Source: https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
SETTINGS = {
    "ca_bundle": "AWS_CA_BUNDLE",
    "endpoint_url": "AWS_ENDPOINT_URL",
    "use_dualstack_endpoint": "AWS_USE_DUALSTACK_ENDPOINT",
    "use_fips_endpoint": "AWS_USE_FIPS_ENDPOINT",
}


def ask_now() -> None:
    """Ask for an MFA code, if one is due: once Terraform is at work, a live view has the terminal.

    Raises:
        CloudError: there is nobody to ask, or AWS does not take it.
    """
    with map_boto_errors("sts"):
        own = core()
        if CredentialSource.of(own).kind == "role" and (found := own.get_credentials()):
            found.get_frozen_credentials()


@contextmanager
def handed_over(environ: Mapping[str, str], failures: list[GpuInfraError]) -> Iterator[dict[str, str]]:
    """Yield the environment of a child that shall use the caller's credentials, for as long as it runs.

    Keys that do not end are in it. Others are behind an address of this machine, as in a container: the AWS
    SDKs ask there again before they end. Nothing is written; what serves them ends with this process.
    failures: gets the reason when they could not be renewed, and is empty again once they could.

    Raises:
        CloudError: there are no credentials.
    """
    with map_boto_errors("sts"):
        own = core()
        found = own.get_credentials()
        if found is None:
            raise no_credentials()
        keys = found.get_frozen_credentials()
        env = _settings(own) | {name: value for name, value in environ.items() if name not in SOURCES}
    if not found.can_be_renewed:
        named = {"AWS_ACCESS_KEY_ID": keys.access_key, "AWS_SECRET_ACCESS_KEY": keys.secret_key}
        yield env | named | ({"AWS_SESSION_TOKEN": keys.token} if keys.token else {})
        return
    with _Server(found, failures) as server:
        # it sees that it shall end only so often: half a second, as a rule, after each Terraform
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield env | server.env
        finally:
            server.shutdown()


def _settings(own: Any) -> dict[str, str]:
    """Return what the caller's profile says beside credentials, as variables: the child reads no profile."""
    profile = own.get_scoped_config()
    services = own.full_config.get("services", {}).get(profile.get("services"), {})
    at = {f"AWS_ENDPOINT_URL_{name.upper()}": has.get("endpoint_url") for name, has in services.items()}
    found = at | {variable: profile.get(name) for name, variable in SETTINGS.items()}
    return {variable: value for variable, value in found.items() if value}


class _Server(ThreadingHTTPServer):
    """Gives the credentials of the moment to whoever has the token that is in one child's environment.

    Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
    """

    daemon_threads = True

    def __init__(self, found: Any, failures: list[GpuInfraError]) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.found, self.failures, self.token = found, failures, secrets.token_urlsafe(32)
        self.env = {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://127.0.0.1:{self.server_port}/",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": self.token,
            # or what they have under the name "default" would come before
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def answer(self, token: str) -> tuple[int, dict[str, str]]:
        """Return the status and the body for one question."""
        if not hmac.compare_digest(token.encode(), self.token.encode()):
            return 401, {"code": "Unauthorized", "message": "the token is another"}
        try:
            with no_questions(), map_boto_errors("sts"):
                keys, end = self.found.get_frozen_credentials(), self.found.expiration
        except GpuInfraError as error:
            self.failures.append(error)
            return 400, {"code": "NotRenewed", "message": error.message}  # of 500 the SDK would ask again
        self.failures.clear()
        named = {"AccessKeyId": keys.access_key, "SecretAccessKey": keys.secret_key, "Token": keys.token}
        return 200, named | {"Expiration": end.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}


class _Answer(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        """Answer as a container's agent does."""
        status, body = self.server.answer(self.headers.get("Authorization", ""))
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing: stderr is the user's."""

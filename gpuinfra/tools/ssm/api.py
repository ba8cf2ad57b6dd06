"""Session Manager's API: sessions begun, resumed and ended, and the signature of their streams."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import boto3
from botocore import exceptions as boto
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config

from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.tools.aws.ec2 import translated
from gpuinfra.tools.ssm.protocols import ChannelLost, StreamToken
from gpuinfra.tools.terraform import errors

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

DOCUMENT = "AWS-StartSSHSession"
STREAM_SERVICE = "ssmmessages"
SIGNED = ("authorization", "x-amz-date", "x-amz-security-token")


class Sessions:
    """The Api port of gpuinfra.ssm, in one region."""

    def __init__(self, *, region: str) -> None:
        self._region = region
        with translated("ssm"):
            self._session = boto3.session.Session()
            retries = {"mode": "standard", "total_max_attempts": 3}
            config = Config(retries=retries, connect_timeout=10, read_timeout=20)  # type: ignore[arg-type]
            self._ssm: SSMClient = self._session.client("ssm", region_name=region, config=config)

    @property
    def endpoint(self) -> str:
        """Return where the API is."""
        return self._ssm.meta.endpoint_url

    def start(self, target: str, port: int) -> StreamToken:
        """Open a session to a port of an instance."""
        with translated("ssm"):
            got = self._ssm.start_session(**request(target, port))  # type: ignore[arg-type]
        return StreamToken(session_id=got["SessionId"], url=got["StreamUrl"], token=got["TokenValue"])

    def resume(self, session_id: str) -> StreamToken | None:
        """Return what leads to a session again, None when it has ended.

        Raises:
            ChannelLost: AWS cannot be reached.
        """
        try:
            with translated("ssm"):
                try:
                    got = self._ssm.resume_session(SessionId=session_id)
                except (boto.HTTPClientError, boto.ConnectionError) as error:
                    raise ChannelLost(f"AWS cannot be reached: {error}") from None
                except self._ssm.exceptions.DoesNotExistException:
                    return None
        except GpuInfraError as refused:
            refused.hint = "the session cannot be gone on with; run the same command again"
            raise
        if not got.get("TokenValue"):
            return None
        return StreamToken(session_id=session_id, url=got["StreamUrl"], token=got["TokenValue"])

    def terminate(self, session_id: str) -> None:
        """End a session; AWS ends it by itself, too, once nobody is connected to it."""
        try:
            self._ssm.terminate_session(SessionId=session_id)
        except (boto.ClientError, boto.BotoCoreError):
            return

    def sign(self, url: str) -> Mapping[str, str]:
        """Return the headers that prove to the stream's gateway who opens it (Signature Version 4)."""
        with translated("ssm"):
            credentials = self._session.get_credentials()
            if credentials is None:
                raise errors.no_credentials()
            wanted = AWSRequest("GET", url.replace("ws", "http", 1))
            SigV4Auth(credentials.get_frozen_credentials(), STREAM_SERVICE, self._region).add_auth(wanted)
        return {name: value for name, value in wanted.headers.items() if name.lower() in SIGNED}


def request(target: str, port: int) -> dict[str, object]:
    """Return the arguments of StartSession."""
    return {"Target": target, "DocumentName": DOCUMENT, "Parameters": {"portNumber": [str(port)]}}

"""Session Manager's API: sessions begun, resumed and ended, and the signature of their streams."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore import exceptions as boto

from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.tools.adapter import adapter
from gpuinfra.tools.aws.client import client, session, sign
from gpuinfra.tools.aws.errors import map_boto_errors
from gpuinfra.tools.ssm.protocols import ChannelLost, StreamToken

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

DOCUMENT = "AWS-StartSSHSession"
STREAM_SERVICE = "ssmmessages"


@adapter("AWS cannot be called")
class Sessions:
    """The Api port of gpuinfra.ssm, in one region."""

    def __init__(self, *, region: str) -> None:
        self._region = region
        self._session = session(region)
        self._ssm: SSMClient = client("ssm", region, own=self._session, attempts=3, read_timeout_s=20)

    @property
    def endpoint(self) -> str:
        """Return where the API is."""
        return self._ssm.meta.endpoint_url

    def start(self, target: str, port: int | None) -> StreamToken:
        """Open a session to a port of an instance; None: a shell, as the account has set shells up."""
        with map_boto_errors("ssm"):
            got = self._ssm.start_session(**request(target, port))  # type: ignore[arg-type]
        return StreamToken(session_id=got["SessionId"], url=got["StreamUrl"], token=got["TokenValue"])

    def resume(self, session_id: str) -> StreamToken | None:
        """Return what leads to a session again, None when it has ended.

        Raises:
            ChannelLost: AWS cannot be reached.
        """
        try:
            with map_boto_errors("ssm"):
                try:
                    got = self._ssm.resume_session(SessionId=session_id)
                except (boto.HTTPClientError, boto.ConnectionError) as error:
                    raise ChannelLost(f"AWS cannot be reached: {error}") from None
                except self._ssm.exceptions.DoesNotExistException:
                    return None
        except GpuInfraError as refused:
            again = "the session cannot be gone on with; run the same command again"
            raise refused.retell(refused.message, hint=again) from None
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
        """Return the headers that prove to the stream's gateway who opens it."""
        return sign(self._session, STREAM_SERVICE, self._region, url.replace("ws", "http", 1))


def request(target: str, port: int | None) -> dict[str, object]:
    """Return the arguments of StartSession; without a port those of a shell."""
    if port is None:
        return {"Target": target}
    return {"Target": target, "DocumentName": DOCUMENT, "Parameters": {"portNumber": [str(port)]}}

"""On the host: metadata that is asked for again and again: one token for long, silence told from "none"."""

from __future__ import annotations

import http.client
import time

from gpuinfra.host import settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

TOKEN = "X-aws-ec2-metadata-token"  # noqa: S105 - the name of a header
TOKEN_S = 21600  # the longest that there is
RENEW_S = 600.0  # before its end
NO_TOKEN, NOT_FOUND, OK = 401, 404, 200


class Metadata:
    """The metadata service, version 2. No proxy is asked: http.client knows none."""

    def __init__(
        self, address: str = settings.METADATA, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._address, self._now = address, now
        self._token, self._until = "", 0.0

    def get(self, item: str) -> str:
        """Return what lies below meta-data/; empty for nothing there (404).

        Raises:
            OSError: nothing answers, or not with this.
        """
        status, body = self._get(item)
        if status == NO_TOKEN:  # the service has forgotten it
            self._until = 0.0
            status, body = self._get(item)
        if status not in (OK, NOT_FOUND):
            raise OSError(f"the metadata service answers {status}")
        return body if status == OK else ""

    def _get(self, item: str) -> tuple[int, str]:
        if self._now() >= self._until:
            status, token = self._ask("PUT", "/latest/api/token", {f"{TOKEN}-ttl-seconds": str(TOKEN_S)})
            if status != OK:
                raise OSError(f"the metadata service gives no token: {status}")
            self._token, self._until = token, self._now() + TOKEN_S - RENEW_S
        return self._ask("GET", f"/latest/meta-data/{item}", {TOKEN: self._token})

    def _ask(self, method: str, path: str, headers: dict[str, str]) -> tuple[int, str]:
        connection = http.client.HTTPConnection(self._address, timeout=settings.TIMEOUT_S)
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace").strip()
        except http.client.HTTPException as error:
            raise OSError(f"{type(error).__name__}: {error}") from None
        finally:
            connection.close()

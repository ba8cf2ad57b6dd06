"""Which stream addresses are AWS's own. Pure: the token of a session must go nowhere else."""

from urllib.parse import urlsplit

from gpuinfra.ground.errors import CloudError

LOOPBACK = ("127.0.0.1", "::1", "localhost")
PATH = "/v1/data-channel/"


def checked(url: str, *, region: str, simulated: bool) -> str:
    """Return the address if it is Session Manager's in this region; on this machine only when simulated.

    Raises:
        CloudError: it leads anywhere else.
    """
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    expected = f"ssmmessages.{region}.{suffix}"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _refused(url, expected) from None
    ours = parts.scheme == "wss" and parts.netloc == expected
    here = simulated and parts.scheme == "ws" and parts.netloc == _loopback(parts.hostname, port)
    if (ours or here) and parts.path.startswith(PATH):
        return url
    raise _refused(url, expected)


def _loopback(host: str | None, port: int | None) -> str | None:
    """Return how an address of this machine is written; None for any other."""
    if host not in LOOPBACK:
        return None
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _refused(url: str, expected: str) -> CloudError:
    return CloudError(
        f"AWS answered the stream address {url[:100]!r}; gpuinfra connects to wss://{expected} only",
        hint="env | grep AWS_ENDPOINT   # does something stand between you and AWS?",
    )

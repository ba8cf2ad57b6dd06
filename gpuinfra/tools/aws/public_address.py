"""The caller's own public address, asked from AWS by HTTPS."""

import ipaddress
import urllib.error
import urllib.request
from collections.abc import Mapping

from gpuinfra.ground.errors import CloudError, ConfigError

# AWS's own echo service: answers the caller's address and a newline.
CHECKIP_URL = "https://checkip.amazonaws.com/"
TIMEOUT_S = 10
HINT = "name it yourself: gpuinfra init (or allow) --cidr YOUR.PUBLIC.ADDRESS/32"


def my_cidr(environ: Mapping[str, str]) -> str:
    """Return the caller's address as a /32 or /128.

    Raises:
        CloudError: no answer, or an answer that is no public address (a captive portal, a proxy).
    """
    url = environ.get("GPUINFRA_CHECKIP_URL", CHECKIP_URL)
    if not url.startswith(("https://", "http://127.0.0.1:")):
        raise ConfigError(f"GPUINFRA_CHECKIP_URL is {url!r}; it must start with https://")
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:  # noqa: S310 - checked above
            text = answer.read(100).decode("ascii", "replace").strip()
    except OSError as error:  # URLError is one
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        raise CloudError(f"cannot find out your public address from {url}: {error}", hint=HINT) from None
    return own_cidr(text, source=url)


def own_cidr(text: str, *, source: str) -> str:
    """Return one address as a /32 or /128; refuses what cannot be a host on the internet."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise CloudError(f"{source} answered {text[:40]!r}, which is no IP address", hint=HINT) from None
    if not address.is_global or address.is_multicast or "%" in str(address):
        raise CloudError(f"{source} answered {text}, which is not a public address", hint=HINT)
    return f"{address}/{address.max_prefixlen}"

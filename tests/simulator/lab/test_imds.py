"""The metadata service by HTTP, with the rules of AWS for its tokens."""

import base64
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from gpuinfra.host import settings
from gpuinfra.simulator.lab.network.imds import MAX_TTL_S, TOKEN, TTL, MetadataServer, MetadataService
from gpuinfra.simulator.machine import Machine
from tests.simulator.lab.machines import ADDRESS, machine
from tests.waiting import PATIENCE_S


@dataclass(kw_only=True)
class Imds:
    """A served metadata service, and what it serves."""

    url: str = ""
    machines: dict[str, Machine] = field(default_factory=lambda: {ADDRESS: machine()})
    extra: dict[str, Any] = field(default_factory=dict)
    clock: float = 0.0

    def call(self, method: str, path: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
        """Make one request; returns status and body."""
        request = Request(f"{self.url}{path}", method=method, headers=headers or {})
        try:
            with build_opener(ProxyHandler({})).open(request, timeout=PATIENCE_S) as answer:
                return answer.status, answer.read().decode("latin-1")
        except HTTPError as error:
            return error.code, error.read().decode("latin-1")

    def token(self, ttl: str = "60") -> str:
        """Fetch a token."""
        status, token = self.call("PUT", "/latest/api/token", {TTL: ttl})
        assert status == 200
        return token

    def get(self, path: str) -> tuple[int, str]:
        """Read with a token."""
        return self.call("GET", path, {TOKEN: self.token()})

    def meta(self, path: str = "") -> str:
        """Read metadata that must be there."""
        status, body = self.get(f"/latest/meta-data/{path}")
        assert status == 200, path
        return body


@pytest.fixture
def imds() -> Iterator[Imds]:
    """A metadata service on loopback for a machine at loopback."""
    made = Imds()
    service = MetadataService(
        machine_at=lambda address: made.machines.get(address),
        extra_of=lambda _: made.extra,
        now=lambda: made.clock,
    )
    with MetadataServer((ADDRESS, 0), service) as server:
        made.url = f"http://{ADDRESS}:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        yield made
        server.shutdown()


@pytest.mark.parametrize("headers", [{}, {TOKEN: ""}, {TOKEN: "foreign"}])
def test_no_token_is_401(imds: Imds, headers: dict[str, str]) -> None:
    """Without a token, or with one that was not issued, everything is 401."""
    for path in ("/", "/latest/meta-data/", "/latest/user-data", "/no/such/thing"):
        assert imds.call("GET", path, headers)[0] == 401


def test_token_ends_with_its_time(imds: Imds) -> None:
    """A token lives as long as was asked for."""
    token = imds.token("60")
    imds.clock = 59.0
    assert imds.call("GET", "/latest/meta-data/", {TOKEN: token})[0] == 200
    imds.clock = 60.0
    assert imds.call("GET", "/latest/meta-data/", {TOKEN: token})[0] == 401


def test_token_is_for_one_caller(imds: Imds) -> None:
    """A token that another host was given is no good."""
    service = MetadataService(machine_at=lambda _: machine(), extra_of=lambda _: {})
    token = service.answer("PUT", "/latest/api/token", {TTL.lower(): "60"}, "10.0.0.1").body.decode()
    answers = [service.answer("GET", "/latest/", {TOKEN.lower(): token}, f"10.0.0.{i}") for i in (1, 2)]
    assert [answer.status for answer in answers] == [200, 401]


@pytest.mark.parametrize("ttl", ["", "0", "-1", "soon", str(MAX_TTL_S + 1)])
def test_bad_ttl_is_400(imds: Imds, ttl: str) -> None:
    """A token wants a time of 1 to 21600 seconds."""
    assert imds.call("PUT", "/latest/api/token", {TTL: ttl})[0] == 400


def test_forwarded_token_is_403(imds: Imds) -> None:
    """No token goes through a proxy."""
    headers = {TTL: "60", "X-Forwarded-For": "10.0.0.9"}
    assert imds.call("PUT", "/latest/api/token", headers)[0] == 403


def test_optional_tokens(imds: Imds) -> None:
    """With http_tokens = optional a request without a token is answered; a false token is not."""
    imds.machines[ADDRESS] = machine(http_tokens="optional")
    assert imds.call("GET", "/latest/meta-data/instance-id") == (200, "i-1")
    assert imds.call("GET", "/latest/meta-data/instance-id", {TOKEN: "false"})[0] == 401


def test_strangers_and_the_switched_off_get_404(imds: Imds) -> None:
    """Who is no instance, or has no endpoint, or whose service is down, finds nothing at all."""
    token = imds.token()
    for broken in ("down", "disabled", "stranger"):
        imds.extra = {"down": broken == "down"}
        imds.machines = {ADDRESS: machine(http_endpoint="disabled")} if broken == "disabled" else {}
        imds.machines |= {ADDRESS: machine()} if broken == "down" else {}
        assert imds.call("GET", "/latest/meta-data/", {TOKEN: token})[0] == 404
        assert imds.call("PUT", "/latest/api/token", {TTL: "60"})[0] == 404


def test_user_data_is_what_was_sent(imds: Imds) -> None:
    """User-data arrives byte for byte; without any it is 404."""
    assert imds.get("/latest/user-data")[0] == 404
    sent = bytes(range(256))
    imds.machines[ADDRESS] = machine(user_data=base64.b64encode(sent).decode())
    assert imds.get("/2021-03-23/user-data") == (200, sent.decode("latin-1"))


def test_keys_are_listed_as_aws_lists_them(imds: Imds) -> None:
    """Public keys are numbered in the listing, and read by number."""
    assert imds.meta("public-keys/") == "0=mine"
    assert imds.meta("public-keys/0/openssh-key") == "ssh-ed25519 AAAA"


def test_listings_end_folders_in_a_slash(imds: Imds) -> None:
    """cloud-init walks listings by their slashes; an empty value is not listed."""
    names = imds.meta().splitlines()
    assert {"instance-id", "placement/", "network/"} <= set(names)
    assert "public-hostname" not in names
    assert imds.meta("network/interfaces/macs/") == "02:00:00:00:00:01/"
    assert imds.get("/latest/")[1].splitlines() == ["meta-data/", "dynamic/"]


def test_unknown_versions_and_paths_are_404(imds: Imds) -> None:
    """cloud-init tries versions from new to old by their 404s."""
    assert imds.get("/2099-01-01/meta-data/")[0] == 404
    assert imds.get("/latest/meta-data/no/such")[0] == 404
    assert imds.get("/latest/meta-data/instance-id/deeper")[0] == 404


def test_tags_only_if_allowed(imds: Imds) -> None:
    """Tags are there when the instance may read them."""
    assert imds.get("/latest/meta-data/tags/instance")[0] == 404
    imds.machines[ADDRESS] = machine(tags={"Name": "gpuinfra-dev"})
    assert imds.meta("tags/instance/Name") == "gpuinfra-dev"


def test_tags_are_those_of_now(imds: Imds) -> None:
    """A tag that is changed, added, taken away or closed off shows so at the next request."""
    limit = "gpuinfra:job-time-limit"
    imds.machines[ADDRESS] = machine(tags={limit: "12h", "Name": "dev"})
    assert imds.meta("tags/instance").splitlines() == [limit, "Name"]
    assert imds.meta("tags/instance/gpuinfra%3Ajob-time-limit") == "12h"
    imds.machines[ADDRESS] = machine(tags={limit: "90m"})
    assert imds.meta(f"tags/instance/{limit}") == "90m"
    assert imds.get("/latest/meta-data/tags/instance/Name")[0] == 404
    imds.machines[ADDRESS] = machine(tags=None)
    assert imds.get(f"/latest/meta-data/tags/instance/{limit}")[0] == 404


def test_identity_document_names_the_instance(imds: Imds) -> None:
    """cloud-init takes the instance id from the identity document, the guard when it was started."""
    imds.machines[ADDRESS] = machine(started="2026-11-30T10:51:57Z")
    document = json.loads(imds.get("/latest/dynamic/instance-identity/document")[1])
    assert (document["instanceId"], document["region"]) == ("i-1", "us-east-1")
    assert settings.start_time(imds.url.removeprefix("http://")) == "2026-11-30T10:51:57Z"


def test_spot_notice_is_404_until_there_is_one(imds: Imds) -> None:
    """A notice appears at the next request."""
    path = "/latest/meta-data/spot/instance-action"
    assert imds.get(path)[0] == 404
    imds.extra = {"spot-action": {"action": "terminate", "time": "2026-11-23T06:30:00Z"}}
    assert json.loads(imds.get(path)[1])["action"] == "terminate"
    assert imds.meta("spot/termination-time") == "2026-11-23T06:30:00Z"


def test_role_credentials(imds: Imds) -> None:
    """An instance with a profile finds credentials under the name of its role."""
    imds.machines[ADDRESS] = machine(role="gpuinfra")
    assert imds.meta("iam/security-credentials/") == "gpuinfra"
    assert json.loads(imds.meta("iam/security-credentials/gpuinfra"))["Code"] == "Success"

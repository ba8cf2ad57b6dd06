"""Settings of a living host: tags of the instance, as the metadata service shows them."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.host import settings
from gpuinfra.host.jobs.handlers import apply_default_limit
from gpuinfra.host.jobs.job_store import JobDirectory

TAGS = {"gpuinfra:job-time-limit": "30m"}


class Metadata(BaseHTTPRequestHandler):
    """IMDSv2 with the tags of one instance; without a token it tells nothing."""

    def do_PUT(self) -> None:
        """Give a token."""
        self._answer(200 if self.path == "/latest/api/token" else 404, "t0k")

    def do_GET(self) -> None:
        """Give a tag to who has the token."""
        tag = self.path.removeprefix("/latest/meta-data/tags/instance/")
        allowed = self.headers.get("X-aws-ec2-metadata-token") == "t0k"
        self._answer((200 if tag in TAGS else 404) if allowed else 401, TAGS.get(tag, "Not Found"))

    def _answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def metadata() -> Iterator[str]:
    """A metadata service on loopback."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Metadata) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_tag_is_read_with_a_token(metadata: str) -> None:
    """A tag that is not set, and a service that does not answer, are no setting."""
    assert settings.tag("gpuinfra:job-time-limit", metadata) == "30m"
    assert settings.tag("gpuinfra:other", metadata) == ""
    assert settings.job_time_limit_s(metadata) == 1800
    assert settings.job_time_limit_s("127.0.0.1:1") is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90.0), ("2h", 7200.0), ("1d", 86400.0), ("", None), ("2", None), ("xh", None)],
)
def test_times_are_read_as_time_limit_has_them(text: str, seconds: float | None) -> None:
    """What is no time is no limit: a job must not die of a typing error."""
    assert settings.seconds(text) == seconds


@pytest.mark.parametrize(("own", "kept"), [(None, 1800.0), (60.0, 60.0)])
def test_the_limit_of_terraform_tfvars_is_for_jobs_that_name_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: float | None, kept: float
) -> None:
    """The job's record says where the limit came from; a limit of its own stands."""
    monkeypatch.setenv("GPUINFRA_JOBS", str(tmp_path))
    job, request = JobDirectory("abcd"), dict[str, Any](time_limit_s=own)
    job.create(request)
    apply_default_limit(job, request, lambda: 1800.0)
    assert request["time_limit_s"] == job.view()["time_limit_s"] == kept
    assert job.view()["time_limit_from"] == ("terraform.tfvars" if own is None else None)

"""Something else than AWS answers: a captive portal, a proxy, a cut line. AWS cannot be reached, in words."""

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from gpuinfra.ground.errors import CloudError
from gpuinfra.tools.aws import client
from gpuinfra.tools.aws.answer import first_words
from gpuinfra.tools.aws.doctor import AwsAccount
from gpuinfra.tools.aws.errors import map_boto_errors
from gpuinfra.tools.aws.quotas import Quotas

Serve = Callable[[bytes], str]
EMPTY_XML = b"<?xml version='1.0'?>\n<DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>"


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Return what makes every service of AWS answer with these bytes, then hang up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def start(answer: bytes) -> str:
        def work() -> None:
            while True:
                try:
                    peer, _ = listener.accept()
                except OSError:
                    return
                with peer:
                    peer.recv(65536)
                    peer.sendall(answer)

        threading.Thread(target=work, daemon=True).start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        for name, value in {"ENDPOINT_URL": url, "ACCESS_KEY_ID": "x", "SECRET_ACCESS_KEY": "y"}.items():
            monkeypatch.setenv(f"AWS_{name}", value)
        return url

    yield start
    listener.close()


def http(body: bytes, *, status: str = "200 OK", length: int | None = None) -> bytes:
    """Return an answer; a longer length than the body's is a line that was cut."""
    size = len(body) if length is None else length
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (status.encode(), size, body)


PAGE = b"<!DOCTYPE html><html><head><title>Hotel WiFi</title></head><body>Please log in</body></html>"
ANSWERS = {
    "a portal": (http(PAGE), "Hotel WiFi Please log in"),
    "a portal that is no XML": (http(b"<html><br>Log in"), "Log in"),
    "a text": (http(b"hello"), "hello"),
    "a way elsewhere": (http(b"", status="302 Found"), ""),
    "a proxy that refuses": (http(PAGE, status="403 Forbidden"), "Hotel WiFi Please log in"),
    "a proxy without a word": (http(b"", status="503 No"), "HTTP 503"),
    "a line cut before the answer": (b"", "Connection was closed"),
    "a line cut in the answer": (http(EMPTY_XML[:50], length=500), ""),
    "no HTTP": (b"SSH-2.0-x\r\n", "Connection was closed"),
}


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize(
    ("service", "operation"), [("ec2", "describe_instances"), ("ssm", "describe_instance_information")]
)
def test_what_is_not_aws_is_not_taken_for_aws(serve: Serve, name: str, service: str, operation: str) -> None:
    """boto3 takes a page for an empty list, and a host that runs for gone; no answer is a traceback."""
    answer, says = ANSWERS[name]
    serve(answer)
    with pytest.raises(CloudError, match=r"^AWS cannot be reached: ") as caught, map_boto_errors(service):
        getattr(client.client(service, "us-east-1", attempts=1), operation)()
    assert says in caught.value.message
    assert caught.value.hint == "the same command, when the network is back"


def test_an_empty_list_of_aws_is_one(serve: Serve) -> None:
    """Nothing else begins so."""
    serve(http(EMPTY_XML))
    assert client.client("ec2", "us-east-1", attempts=1).describe_instances()["Reservations"] == []


@pytest.mark.parametrize(
    ("answer", "ask"),
    [
        (
            b"<DescribeInstanceTypesResponse></DescribeInstanceTypesResponse>",
            lambda: AwsAccount("us-east-1").offer("g5.xlarge"),
        ),
        (
            b"<DescribeInstanceTypesResponse><instanceTypeSet/></DescribeInstanceTypesResponse>",
            lambda: AwsAccount("us-east-1").offer("g5.xlarge"),
        ),
        (b"{}", lambda: Quotas("us-east-1").limit("L-DB2E81BA")),
        (b"{}", lambda: Quotas("us-east-1").request("L-DB2E81BA", 8)),
    ],
)
def test_an_answer_that_lacks_what_aws_promises_is_no_bug_of_ours(
    serve: Serve, answer: bytes, ask: Callable[[], object]
) -> None:
    """A service that only looks like AWS: in words, with the cause kept for -v."""
    serve(http(answer))
    with pytest.raises(CloudError, match="lacks what AWS promises") as caught:
        ask()
    assert isinstance(caught.value.__cause__, KeyError | IndexError)


def test_the_first_words_are_few_and_without_tags() -> None:
    """Whatever the page: it is shown on one line."""
    assert first_words(b"<a href='x'>one</a>\n\n two <b") == "one two"
    assert len(first_words(b"x" * 10**6)) == 80

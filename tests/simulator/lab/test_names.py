"""The lab's name server and internet, over loopback."""

import http.client
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from gpuinfra.simulator.lab.network import dns
from gpuinfra.simulator.lab.network.certificate_authority import Authority, server_context
from gpuinfra.simulator.lab.network.web_mirror import Folders, MirrorServer
from tests.waiting import PATIENCE_S

A, AAAA = 1, 28
resolve = dns.resolver(lambda name: name == "repo.example.com", "198.51.100.1")


def ask(name: str, kind: int = A) -> tuple[int, str]:
    """Ask, and return the code of the answer and its address, if any."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    query = (
        b"\x12\x34" + b"\1\0" + struct.pack(">4H", 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", kind, 1)
    )
    answer = dns.answer(query, resolve)
    assert answer[:2] == query[:2]
    assert answer[12 : len(query)] == query[12:]
    answers = int.from_bytes(answer[6:8], "big")
    return answer[3] & 15, socket.inet_ntoa(answer[-4:]) if answers else ""


def test_names_of_the_mirror_are_found() -> None:
    """A name with a folder is at the mirror, in any case of letters; all others do not exist."""
    assert ask("repo.example.com") == (0, "198.51.100.1")
    assert ask("REPO.Example.com") == (0, "198.51.100.1")
    assert ask("www.example.com") == (3, "")


def test_names_of_hosts_are_their_addresses() -> None:
    """The names that AWS gives hosts hold their addresses."""
    assert ask("ip-172-31-0-4.ec2.internal") == (0, "172.31.0.4")
    assert ask("ec2-54-214-0-1.compute-1.amazonaws.com") == (0, "54.214.0.1")


def test_no_ipv6() -> None:
    """A name that exists has no IPv6 address: an empty answer, not an error."""
    assert ask("repo.example.com", AAAA) == (0, "")


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """A mirror with one name and one file."""
    file = tmp_path / "names" / "repo.example.com" / "a b" / "file"
    file.parent.mkdir(parents=True)
    file.write_text("here", encoding="utf-8")
    (tmp_path / "names" / "secret").write_text("never", encoding="utf-8")
    return Folders(tmp_path / "names")


@contextmanager
def served(
    folders: Folders, note: Callable[[str], None], context: ssl.SSLContext | None = None
) -> Iterator[int]:
    """Serve on loopback; yields the port."""
    with MirrorServer(("127.0.0.1", 0), folders, note=note, context=context) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        yield server.server_port
        server.shutdown()


def test_http_by_name(folders: Folders) -> None:
    """The Host header chooses the folder; nothing outside of it is served; each request is noted."""
    notes: list[str] = []
    with served(folders, notes.append) as port:

        def get(host: str, path: str) -> tuple[int, bytes]:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)) as connection:
                connection.request("GET", path, headers={"Host": host})
                answer = connection.getresponse()
                return answer.status, answer.read()

        assert get("repo.example.com", "/a%20b/file?x=1") == (200, b"here")
        for host, path in (
            ("other.example.com", "/a%20b/file"),
            ("repo.example.com", "/../secret"),
            ("repo.example.com", "/%2e%2e/secret"),
            ("..", "/names/secret"),
            (".", "/secret"),
            ("", "/secret"),
        ):
            assert get(host, path)[0] == 404, (host, path)
    assert notes[0] == 'repo.example.com "GET /a%20b/file?x=1 HTTP/1.1" 200 -'


def test_a_file_comes_whole_to_who_has_it(folders: Folders) -> None:
    """A 304 of Python's own server is one that rattler refuses: a channel could be asked only once."""
    with (
        served(folders, lambda _: None) as port,
        closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)) as connection,
    ):
        headers = {"Host": "repo.example.com", "If-Modified-Since": "Sun, 01 Jan 2090 00:00:00 GMT"}
        connection.request("GET", "/a%20b/file", headers=headers)
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"here")


def test_https_verifies_strictly(folders: Folders, tmp_path: Path) -> None:
    """A client that trusts the lab's authority alone, strictly, accepts the names there are and no others."""
    authority = Authority(tmp_path)
    client = ssl.create_default_context(cadata=authority.pem)
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    with served(folders, lambda _: None, server_context(authority, folders.has)) as port:

        def peer(name: str) -> str:
            with (
                socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as plain,
                client.wrap_socket(plain, server_hostname=name) as secure,
            ):
                return str(secure.version())

        assert peer("repo.example.com").startswith("TLS")
        with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
            peer("other.example.com")

"""Messages as bytes: the agent's own format, checked against a codec written apart from ours."""

import pytest

from gpuinfra.tools.ssm import handshake, messages
from gpuinfra.tools.ssm.messages import BadMessage, Message
from tests.tools.ssm import frames

DATA = Message(
    type=messages.INPUT, sequence=7, kind=messages.DATA, payload=b"SSH-2.0", ident=bytes(range(16))
)


def test_what_we_write_the_agent_reads() -> None:
    """Type, number, kind, payload and the UUID with its halves exchanged."""
    read = frames.unpack(messages.pack(DATA, now_ms=1))
    assert (read.type, read.seq, read.kind, read.payload) == (messages.INPUT, 7, messages.DATA, b"SSH-2.0")
    assert read.id == "00010203-0405-0607-0809-0a0b0c0d0e0f"


def test_what_the_agent_writes_we_read_and_acknowledge() -> None:
    """The acknowledgement names the number and the id that the agent gave."""
    raw = frames.pack("output_stream_data", 3, 0, 1, b"x" * 1024)
    message = messages.unpack(raw)
    assert (message.type, message.sequence, message.payload) == (messages.OUTPUT, 3, b"x" * 1024)
    told = messages.acknowledge(message).json()
    assert told["AcknowledgedMessageId"] == frames.unpack(raw).id
    assert messages.acknowledged(messages.acknowledge(message)) == 3


@pytest.mark.parametrize("size", [0, 1, 119, 121, 130])
def test_a_message_that_is_cut_is_refused(size: int) -> None:
    """Nothing of it reaches ssh."""
    with pytest.raises(BadMessage):
        messages.unpack(messages.pack(DATA, now_ms=1)[: size if size < 120 else -1])


def test_a_payload_that_was_changed_is_refused() -> None:
    """The digest is looked at."""
    raw = bytearray(messages.pack(DATA, now_ms=1))
    raw[-1] ^= 1
    with pytest.raises(BadMessage, match="digest"):
        messages.unpack(bytes(raw))


@pytest.mark.parametrize(
    "payload", [b"", b"{", b"[]", b"[" * 2**20, b'{"AcknowledgedMessageSequenceNumber":"1"}']
)
def test_an_acknowledgement_of_nothing_is_refused(payload: bytes) -> None:
    """It is no traceback either."""
    with pytest.raises(BadMessage):
        messages.acknowledged(Message(type=messages.ACK, sequence=0, kind=0, payload=payload))


@pytest.mark.parametrize("asked", ["5", "true", '"x"', '{"a":1}', "[1,[],null]", '[{"ActionType":[{}]}]'])
def test_a_request_of_the_wrong_shape_is_no_traceback(asked: str) -> None:
    """What is no action is passed over; an action without a name of ours is refused."""
    body = f'{{"RequestedClientActions":{asked}}}'.encode()
    text, problem = handshake.answer(Message(type=messages.OUTPUT, sequence=0, kind=5, payload=body))
    assert (problem is None) == (b'"ProcessedClientActions": []' in text)


def test_an_action_that_nobody_knows_is_refused_with_its_name() -> None:
    """A newer agent may ask for more than we can do."""
    asked = b'{"RequestedClientActions":[{"ActionType":"Dance"}]}'
    text, problem = handshake.answer(Message(type=messages.OUTPUT, sequence=0, kind=5, payload=asked))
    assert problem is not None
    assert "'Dance'" in problem.message
    assert b'"ActionStatus": 3' in text

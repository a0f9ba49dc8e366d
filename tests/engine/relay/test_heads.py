"""What holds of heads: written as they should be, and read alike however their bytes come."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ServerFault
from engine.relay.heads import LARGEST_ANSWER, Fields, Reply, Unspoken, written
from engine.wire import Request

PUT = Request("PUT", "https://host:8443/b/a%2Fb?partNumber=1&uploadId=x", (("Content-Length", "10"),))
ANSWER = (
    b"HTTP/1.1 103 Hints\r\nLink: a\r\n\r\n"
    b'HTTP/1.1 200 OK\r\nETag: "one"\r\netag: "two"\r\nContent-Length: 4\r\n\r\nbody'
)


def reply(*, bodily: bool = True) -> Reply:
    """Make the reply to a PUT."""
    _, parser = written(PUT)
    return Reply(parser, memoryview(bytearray(100_000)), "host", lambda: None, bodily=bodily)


def heard(one: Reply, data: bytes) -> Reply:
    """Let some bytes come."""
    one.room()[: len(data)] = data
    one.filled(len(data))
    return one


def test_a_request_is_sent_byte_for_byte() -> None:
    """Path and query stay as they are, the host has its port, and nothing is expected."""
    head, _ = written(PUT)
    line, *fields = head.decode().split("\r\n")
    assert line == "PUT /b/a%2Fb?partNumber=1&uploadId=x HTTP/1.1"
    assert "Host: host:8443" in fields
    assert "Content-Length: 10" in fields
    assert not [field for field in fields if field.lower().startswith("expect")]


@given(st.sets(st.integers(1, len(ANSWER) - 1), max_size=8), st.binary(max_size=3), st.booleans())
def test_an_answer_is_the_same_however_it_comes(cuts: set[int], excess: bytes, late: bool) -> None:
    """Cut anywhere, head and body are the same; a byte behind them ends the connection's use."""
    one = reply()
    data = ANSWER + excess
    edges = sorted({0, *cuts, len(data)} | ({len(ANSWER)} if late else set()))
    for start, stop in pairwise(edges):
        heard(one, data[start:stop])
    assert one.head is not None
    assert (one.head.status, one.head.headers["ETag"], bytes(one.body)) == (200, '"one"', b"body")
    assert one.whole
    assert one.keeps == (not excess)


def test_where_somebody_else_reads_on_the_rest_is_left() -> None:
    """Of a GET's answer nothing but the head is taken."""
    one = heard(reply(bodily=False), ANSWER)
    assert one.rest == b"body"
    assert not one.whole


def test_the_first_fault_is_the_one_that_counts() -> None:
    """What was wrong with an answer stays so when the connection ends, and more bytes change nothing."""
    one = heard(reply(), b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n")
    fault = one.ended_with
    assert isinstance(fault, ServerFault)
    heard(one, b"0\r\n\r\n")
    one.ended(None)
    assert one.ended_with is fault


def test_an_error_is_read_as_far_as_it_explains() -> None:
    """No more than so many bytes of a body are held."""
    one = heard(reply(), b"HTTP/1.1 500 No\r\nContent-Length: 90000\r\n\r\n")
    heard(one, b"x" * 90_000)
    assert one.over
    assert not one.whole
    held = len(one.body)
    assert held > LARGEST_ANSWER
    heard(one, b"x")
    assert len(one.body) == held


def test_an_unknown_encoding_for_the_way_is_unspoken() -> None:
    """Something else may speak it."""
    one = heard(reply(bodily=False), b"HTTP/1.1 206 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n")
    assert isinstance(one.ended_with, Unspoken)


def test_headers_are_read_without_regard_to_case() -> None:
    """Of several with one name the first counts."""
    fields = Fields([(b"ETag", b"1"), (b"etag", b"2"), (b"X", b"\xe9")])
    assert (fields["etag"], fields["ETAG"], fields.get("x"), fields.get("y")) == ("1", "1", "é", None)
    assert "Etag" in fields
    assert sorted(fields) == ["etag", "x"]
    assert len(fields) == 2


def test_the_parser_caps_heads() -> None:
    """A head without an end is no HTTP."""
    one = heard(reply(), b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000)
    assert isinstance(one.ended_with, ServerFault)

"""What is said of a refusal's body, whatever it holds."""

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.luminus.bodies import (
    LONGEST,
    fields_of,
    gateway_message,
    is_explained,
    json_of,
    sentence_of,
)

SHAPES = {
    "the gateway": (
        b'{"statusCode":429,"message":"Rate limit is exceeded. Try again in 7 seconds."}',
        "Rate limit is exceeded. Try again in 7 seconds.",
    ),
    "errors by field": (
        b'{"presenter":["The presenter field is required."],"name":["Too long.","And blank."]}',
        "presenter: The presenter field is required.; name: Too long. And blank.",
    ),
    "an error of no field": (
        b'{"":["A non-empty request body is required."]}',
        "A non-empty request body is required.",
    ),
    "problem details": (
        b'{"type":"https://x.example","title":"Wrong","status":400,"errors":{"startDate":["Not a date."]}}',
        "startDate: Not a date.",
    ),
    "problem details alone": (b'{"title":"Not Found","status":404,"traceId":"00-1"}', "Not Found"),
    "the envelope": (b'{"status":"fail","code":400,"message":"TooManyRequests"}', "TooManyRequests"),
    "a quoted text": (
        b'"Login user not authorized to perform this action"',
        "Login user not authorized to perform this action",
    ),
    "a bare text": (b"the session is not found", "the session is not found"),
    "a list of texts": (b'["One.", 2, "Three."]', "One.; Three."),
    "an error alone": (b'{"error":"invalid_grant"}', "invalid_grant"),
    "a page with a title": (
        b"<html><head><title>502 Bad\nGateway</title></head><body>nginx</body></html>",
        "502 Bad Gateway",
    ),
    "a page without": (b"<p>Back&nbsp;soon</p><script>var x='</p>'</script>", "Back soon"),
    "a byte order mark": (b'\xef\xbb\xbf{"message":"Marked."}', "Marked."),
    "Latin-1": ("Präsentator fehlt".encode("latin-1"), "Pr\N{REPLACEMENT CHARACTER}sentator fehlt"),
    "broken JSON": (b'{"message": "cut', '{"message": "cut'),
    "nothing": (b"", ""),
    "null": (b"null", "null"),
    "a number": (b"0", ""),
    "an empty object": (b"{}", ""),
    "several lines": (b'"one\\r\\n\\ttwo\\u001b[31m three"', "one two [31m three"),
}


@pytest.mark.parametrize(("body", "sentence"), SHAPES.values(), ids=SHAPES)
def test_every_shape_becomes_a_plain_sentence(body: bytes, sentence: str) -> None:
    """A person reads what was said, and none of the braces."""
    assert sentence_of(body) == sentence


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["message", "errors", "title", "statusCode", "x"]) | st.text(), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@given(st.binary() | json_values.map(orjson.dumps) | st.text().map(str.encode))
@example(b"<" * 50_000)
@example(b"[" * 5_000)
@example(b'"' + b"x y " * 9_000 + b'"')
def test_any_body_gives_one_short_line(body: bytes) -> None:
    """Nothing that comes can be an error, a second line, or a page of text."""
    sentence = sentence_of(body)
    assert len(sentence) <= LONGEST
    assert sentence.isprintable()
    assert sentence == " ".join(sentence.split())
    assert is_explained(body) <= bool(sentence)
    assert all(isinstance(text, str) and text for text in fields_of(body).values())
    assert gateway_message(body) is None or isinstance(gateway_message(body), str)


def test_what_is_long_is_cut_and_says_so() -> None:
    """Three points stand for the rest."""
    sentence = sentence_of(b"word " * 100)
    assert len(sentence) <= LONGEST
    assert sentence.endswith("word wo...")


@pytest.mark.parametrize(
    "said",
    [
        "The token eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjE2MDB9.c2lnbmF0dXJlc2lnbmF0dXJl is not valid",
        "Access denied: 0123456789abcdef0123456789ABCDEF",
        "See https://id.example.edu/login?code=s3cret&state=s3cret",
    ],
)
def test_secrets_that_a_server_echoes_are_left_out(said: str) -> None:
    """Neither a token, nor a key, nor a query comes through, and the words around them do."""
    sentence = sentence_of(orjson.dumps({"message": said}))
    assert not any(secret in sentence for secret in ("eyJ", "0123456789abcdef", "s3cret"))
    assert sentence.split()[:1] == said.split()[:1]


def test_a_guid_stays_readable() -> None:
    """An operator finds the item by it."""
    assert "11111111-0000-4000-8000-000000000001" in sentence_of(
        b"no session 11111111-0000-4000-8000-000000000001"
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  ",
        b"{}",
        b"0",
        b"null",
        b"Bad Request",
        b'"Bad Request."',
        b'{"type":"x","title":"Bad Request","status":400,"traceId":"00-1"}',
        b"<html><title>Bad Request</title></html>",
        b"<html>The presenter is missing</html>",
    ],
)
def test_a_body_without_a_reason_explains_nothing(body: bytes) -> None:
    """The name of the status, and whatever a page shows, is no reason."""
    assert not is_explained(body)


@pytest.mark.parametrize(
    "shape", ["errors by field", "problem details", "the envelope", "a quoted text", "a bare text"]
)
def test_a_reason_explains(shape: str) -> None:
    """What LumiNUS says of the call is one."""
    assert is_explained(SHAPES[shape][0])


def test_fields_are_read_with_and_without_problem_details() -> None:
    """Both shapes of a validation name the same fields; other bodies name none."""
    plain = orjson.dumps({"name": ["Blank."], "publish": []})
    detailed = orjson.dumps({"title": "Wrong", "errors": {"name": ["Blank."]}})
    assert fields_of(plain) == fields_of(detailed) == {"name": "Blank."}
    others = (
        b"",
        b"{}",
        b"7",
        b'["name"]',
        b'{"message":"no"}',
        b'{"name":["x"],"code":400}',
        b"<p>name</p>",
    )
    assert not any(fields_of(body) for body in others)


def test_only_the_gateway_has_a_status_code() -> None:
    """It is told by the name of the member, whatever its message is."""
    assert gateway_message(b'{"statusCode":403,"message":"Forbidden"}') == "Forbidden"
    assert gateway_message(b'{"statusCode":404}') == ""
    assert gateway_message(b'{"status":403,"message":"Forbidden"}') is None
    assert gateway_message(b'"statusCode"') is None


def test_null_is_no_json_that_says_anything() -> None:
    """It cannot be told from a body that is none, and need not be."""
    assert json_of(b"null") is None

"""What has the form of a secret is never written, and what has not stays as it is."""

import resource

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.secrecy import leave_no_core, redacted

SECRET = "S3cr3t-c0ffee-55555"

FORMS = (
    "https://video.example.org/a/b.mp4?policy={}&keyId=k&signature=x",
    "GET /api/v3/schedule?access_token={} HTTP/1.1",
    "<ClientResponse(https://valt.example.org/api/v3/rooms?access_token={}) [403 Forbidden]>",
    "https://example.hosted.panopto.com/Panopto/Upload/{}/film.mp4?partNumber=1",
    "/panopto/upload/{}",
    "https://user:{}@proxy.example.org:3128/",
    "Authorization: Bearer {}",
    "{{'Authorization': 'Basic {}', 'Accept': '*/*'}}",
    "(b'Authorization', b'AWS {}:xyz')",
    "Cookie: .ASPXAUTH={}; path=/",
    "Set-Cookie: a=b; .ASPXAUTH={}",
    '{{"access_token": "{}", "expires_in": 3600}}',
    "{{'Ocp-Apim-Subscription-Key': '{}'}}",
    "Ocp-Apim-Subscription-Key: {}",
    "grant_type=password&username=u&password={}&client_secret=x",
    "FERRY_PANOPTO__PASSWORD={} ferry run",
    "eyJhbGciOiJIUzI1NiJ9.{}.sig",
    "Bearer {}",
)

ORDINARY = (
    "video.example.org: answers HTTP 503",
    "panopto.password is empty; look at its file",
    "migration.toml: panopto.password_file: there is no file a/b; paths are relative to the settings file",
    "event 0f0f0f0f-1111-2222-3333-444444444444: the token has ended; a new one goes into luminus.token_file",
    "Basic mathematics; Bearer of news",
    "2026-03-02T22:00:00Z [info     ] ended                          item=e outcome=verified",
    "/srv/ferry/migration.checkpoint: line 7 is damaged",
    "is this it? no",
)


@pytest.mark.fault(40)
@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_blanked_in_every_form(form: str) -> None:
    """As address, header, form, JSON, Python's own repr, and within other words."""
    told = redacted(f"before {form.format(SECRET)} after")
    assert SECRET not in told
    assert "***" in told
    assert told.startswith("before ")


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_words_stay(text: str) -> None:
    """A message that holds no secret is told whole, also where it speaks of passwords."""
    assert redacted(text) == text


@given(st.text(), st.sampled_from(FORMS))
def test_it_is_done_once(words: str, form: str) -> None:
    """Redacting twice changes nothing more, whatever stands around."""
    told = redacted(f"{words} {form.format(SECRET)} {words}")
    assert redacted(told) == told
    assert SECRET not in told


@pytest.mark.fault(40)
def test_no_core_is_left() -> None:
    """A crash leaves no image of the memory behind."""
    kept = resource.getrlimit(resource.RLIMIT_CORE)
    try:
        leave_no_core()
        assert resource.getrlimit(resource.RLIMIT_CORE)[0] == 0
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, kept)

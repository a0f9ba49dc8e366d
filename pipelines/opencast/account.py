"""Tells from an answer whether Opencast lets the account in.

Opencast up to 18 answers those who are not logged in with a redirect to a page, a wrong password with 401,
a missing role with 403; a proxy's single sign-on may answer 200 with a page. Sources: opencast/opencast,
DelegatingAuthenticationEntryPoint.java and mh_default_org.xml.
"""

from engine import AccountRefused, Answer, without_query
from pipelines.config import SettingsError


def judge_account(answer: Answer, path: str, where: str) -> None:
    """Raise AccountRefused, or SettingsError for a moved server; other answers are about what was asked."""
    if 300 <= answer.status < 400:
        raise _redirected(answer.headers.get("Location", ""), path, where)
    if answer.status == 401:
        raise AccountRefused(
            "Opencast does not accept the user name and password",
            where=where,
            advice="check opencast.username and its password",
        )
    if answer.status == 403:
        raise AccountRefused(
            "Opencast does not let this account do that",
            where=where,
            advice="give it ROLE_API and ROLE_API_EVENTS_VIEW, or ROLE_ADMIN",
        )
    if answer.status == 200 and _is_page(answer):
        raise _login("answers a web page", where)


def _is_page(answer: Answer) -> bool:
    return "html" in answer.headers.get("Content-Type", "").lower() or answer.body.lstrip()[:1] == b"<"


def _redirected(location: str, path: str, where: str) -> AccountRefused | SettingsError:
    """Tell a redirect of the same call to another address from one to a login page."""
    shown = without_query(location)
    if shown.endswith(path):
        moved = shown.removesuffix(path)
        return SettingsError(f"has moved to {moved}", where=where, advice="name that address as opencast.url")
    return _login(f"sends to {shown or 'another page'}", where)


def _login(what: str, where: str) -> AccountRefused:
    return AccountRefused(
        f"{what} instead of answering, as Opencast does to those who are not logged in",
        where=where,
        advice="check opencast.username, its password, and that Opencast lets this account use HTTP Basic",
    )

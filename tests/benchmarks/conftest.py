"""What the clients of others need of this machine."""

import pytest


@pytest.fixture(autouse=True)
def authorities(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give them the system's, which the other tests do without: obstore does not start without any."""
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)

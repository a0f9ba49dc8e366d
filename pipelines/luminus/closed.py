"""What ends the work at LumiNUS for this run, while everything else goes on."""

from engine import Final


class Closed(Final):
    """LumiNUS answers nothing more to this account for now, whatever is asked; the next run asks again."""

    code = "luminus_closed"


class TokenRefused(Closed):
    """The token has ended, or the token or the subscription key is refused (401)."""

    code = "luminus_account"


class QuotaSpent(Closed):
    """The subscription's calls are spent for longer than a run waits (403 or 429 with a long Retry-After)."""

    code = "luminus_quota"


class WrongAddress(Closed):
    """The gateway has no such operation (404 with statusCode): the address is wrong; no item is missing."""

    code = "luminus_address"

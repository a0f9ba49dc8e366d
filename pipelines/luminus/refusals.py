"""What LumiNUS refuses about one lecture item or one module, while it answers about others."""

from engine import Refused


class NoRight(Refused):
    """The account may not do this in this module (403 without a gateway's statusCode)."""

    code = "no_right"


class Invalid(Refused):
    """LumiNUS names members that it does not take as they are (400)."""

    code = "invalid"

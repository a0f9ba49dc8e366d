"""Why an aspect could not be read: one small tree, all of it final."""

from engine import Final


class NotReadable(Final):
    """A file that a recording carries is not what it is said to be; sending it again changes nothing."""

    code = "not_readable"


class NotCaptions(NotReadable):
    """A caption file has no captions that could be shown."""

    code = "no_captions"


class BadChapters(NotReadable):
    """A table of contents cannot be read."""

    code = "bad_chapters"


class BadTimes(NotReadable):
    """A text is no time."""

    code = "bad_times"


class BadCuts(NotReadable):
    """A cut list cannot be read, or keeps nothing of the film."""

    code = "bad_cuts"

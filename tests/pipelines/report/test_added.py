"""What is told of streams that were added to a session."""

from pipelines.cli.show import lines
from pipelines.items import AspectOutcome
from pipelines.migration import added
from pipelines.report.added import AddedLine, added_lines
from pipelines.report.story import story_of

OPEN = added.open_("e", "a.mp4", "s", "PrimaryVideo")
OPENED = added.opened("e", "a.mp4", upload_id="u", session_id="s", kind="PrimaryVideo", target="https://h/t")
STEPS = [OPEN, OPENED, added.submit("e", "a.mp4"), added.ended("e", "a.mp4", AspectOutcome.CARRIED, bytes=5)]


def test_how_far_a_stream_is() -> None:
    """From the intent on, it has a line."""
    stages = [one.stage for count in range(5) for one in added_lines(STEPS[:count])]
    assert stages == ["not_begun", "shipping", "processing", "ended"]
    assert added_lines(STEPS) == (AddedLine("a.mp4", "PrimaryVideo", "s", "ended", "carried", bytes=5),)


def test_each_stream_has_one_line() -> None:
    """One that was begun anew keeps it, and tells of the last try."""
    again = [*STEPS[:2], added.anew("e", "a.mp4", "upload_timed_out"), OPEN]
    other = added.open_("e", "b.mp4", "s", "SecondaryVideo")
    assert [(one.name, one.stage) for one in added_lines([*again, other])] == [
        ("a.mp4", "not_begun"),
        ("b.mp4", "not_begun"),
    ]


def test_show_tells_them_without_the_target() -> None:
    """In a paragraph of their own, and in the document."""
    failed = added.ended("e", "a.mp4", AspectOutcome.PERMANENT, reason="processing_error", why="no codec")
    story = story_of("e", [], [], [*STEPS[:3], failed])
    told = list(lines(story))
    assert told[-2:] == ["streams added to its session:", "  a.mp4, PrimaryVideo, permanent (no codec)"]
    assert story.document["added"][0]["reason"] == "processing_error"
    assert "https" not in str(story.document)

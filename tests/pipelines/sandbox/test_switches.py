"""Switches as a person writes them."""

from dataclasses import fields

import pytest

from pipelines.sandbox.switches import Switches


@pytest.mark.parametrize(
    ("setting", "name", "value"),
    [
        ("framing=refuse", "framing", "refuse"),
        ("expires_in=2.5", "expires_in", 2.5),
        ("largest=1000", "largest", 1000),
        ("object_queries=on", "object_queries", "on"),
        ("lecture_item_lag=0.5", "lecture_item_lag", 0.5),
        ("patch_answer=nothing", "patch_answer", "nothing"),
        ("luminus_quota=40", "luminus_quota", 40),
        ("valt_skew=-5", "valt_skew", -5),
        ("valt_version=6.6", "valt_version", "6.6"),
    ],
)
def test_a_switch_is_set_by_name_and_value(setting: str, name: str, value: object) -> None:
    """The others keep their values."""
    parsed = Switches().parse(setting)
    changed = {
        one.name for one in fields(Switches) if getattr(parsed, one.name) != getattr(Switches(), one.name)
    }
    assert (changed, getattr(parsed, name)) == ({name}, value)


@pytest.mark.parametrize(
    "setting",
    [
        "framing",
        "framing=perhaps",
        "nonsense=on",
        "expires_in=soon",
        "largest=1.5",
        "jitter=-1",
        "=on",
        "jitter=nan",
        "patch_answer=text",
        "luminus_rate=-1",
        "valt_skew=inf",
        "valt_version=6",
    ],
)
def test_a_wrong_setting_is_refused_in_one_sentence(setting: str) -> None:
    """Unknown names, unknown values, no numbers."""
    with pytest.raises(ValueError, match=r"switch") as caught:
        Switches().parse(setting)
    assert "\n" not in str(caught.value)

"""Faults as data: which request is struck, and what a script file may say."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sandbox.faults import Fault, FaultScript, read

PART = "panopto.upload_part"


@given(st.integers(1, 9), st.integers(0, 4))
def test_a_fault_strikes_from_the_nth_on_so_many_times(nth: int, times: int) -> None:
    """`times` requests in a row from the nth; 0 means all from there on."""
    script = FaultScript([Fault(PART, "reset", nth=nth, times=times)])
    struck = [number for number in range(1, 16) if script.take(PART, "PUT /")]
    last = 15 if times == 0 else min(15, nth + times - 1)
    assert struck == list(range(nth, last + 1))
    (line,) = script.statistics()
    assert (line["seen"], line["struck"]) == (15, len(struck))


@given(st.integers(1, 9), st.integers(1, 3), st.integers(4, 7))
def test_a_fault_may_come_again(nth: int, times: int, every: int) -> None:
    """So many requests after its first one, for as long as there are any."""
    script = FaultScript([Fault(PART, "reset", nth=nth, times=times, every=every)])
    struck = [number for number in range(1, 60) if script.take(PART, "PUT /")]
    assert struck == [n for n in range(1, 60) if n >= nth and (n - nth) % every < times]


def test_only_matching_requests_of_the_operation_count() -> None:
    """The text must occur in "METHOD path?query"."""
    script = FaultScript([Fault(PART, "reset", match="partNumber=2", nth=2)])
    subjects = ["PUT /a?partNumber=1", "PUT /a?partNumber=2", "PUT /b?partNumber=1", "PUT /b?partNumber=2"]
    assert [script.take(PART, subject) is not None for subject in subjects] == [False, False, False, True]
    assert script.take("panopto.put_object", subjects[1]) is None


def test_the_first_of_two_faults_wins_and_both_count() -> None:
    """A request is struck once; the other fault has seen it all the same."""
    script = FaultScript([Fault(PART, "reset", nth=2), Fault(PART, "delay", nth=2, times=2)])
    taken = [script.take(PART, "PUT /") for _ in range(3)]
    assert [fault.action if fault else None for fault in taken] == [None, "reset", "delay"]


def test_a_fault_may_be_added_later() -> None:
    """It counts from then on."""
    script = FaultScript()
    assert script.take(PART, "PUT /") is None
    script.add(Fault(PART, "reset"))
    assert script.take(PART, "PUT /") is not None


def test_a_file_of_faults_is_read(tmp_path: Path) -> None:
    """A JSON list of objects with the fields of a fault."""
    path = tmp_path / "faults.json"
    path.write_text('[{"operation": "a.b", "action": "status", "nth": 3, "arguments": {"status": 503}}]')
    assert read(path) == (Fault("a.b", "status", nth=3, arguments={"status": 503}),)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "cannot be read"),
        ("{}", "no list"),
        ('[{"operation": "a.b"}]', "Entry 1"),
        ('[{"operation": "a.b", "action": "reset", "when": 1}]', "no field but"),
        ('[{"operation": "a.b", "action": "explode"}]', "No fault action is called 'explode'"),
        ('[{"operation": "a.b", "action": "reset"}, 7]', "Entry 2"),
        ('[{"operation": "a.b", "action": "reset", "nth": 0}]', "nth >= 1"),
        ('[{"operation": "a.b", "action": "reset", "nth": "x"}]', "Entry 1"),
    ],
)
def test_a_wrong_file_is_refused_in_one_sentence(tmp_path: Path, text: str, says: str) -> None:
    """The sentence names the file, the entry and what is wrong."""
    path = tmp_path / "faults.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=says) as caught:
        read(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_operation_that_no_server_has_is_refused() -> None:
    """The sentence names those that there are."""
    with pytest.raises(ValueError, match=r"'a\.x'; there are a\.b, a\.c"):
        FaultScript([Fault("a.x", "reset")]).check(["a.c", "a.b"])

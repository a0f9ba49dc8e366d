"""Which bytes count as sent again."""

from hypothesis import given
from hypothesis import strategies as st

from engine.lanes import Sent
from engine.wire import PartReceipt


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 100))))
def test_bytes_sent_again_are_those_beyond_the_most_that_was_sent(sent: list[tuple[int, int]]) -> None:
    """First and again add up to what was handed on, and each byte is sent for the first time once."""
    book = Sent()
    again = sum(book.count(number, count) for number, count in sent)
    first = sum(max(count for one, count in sent if one == number) for number in {one for one, _ in sent})
    assert again + first == sum(count for _, count in sent)


def test_parts_of_an_earlier_process_are_sent_again() -> None:
    """Their receipts tell."""
    book = Sent()
    book.before({2: PartReceipt(2, 50, 0, None, "e")})
    assert (book.count(1, 50), book.count(2, 60)) == (0, 50)


def test_what_was_sent_under_another_name_is_sent_again() -> None:
    """All bytes of such a file count as sent before; of others those that were handed on."""
    assert Sent(everything=True).count(1, 100) == 100
    sent = Sent()
    assert [sent.count(1, 60), sent.count(1, 100), sent.count(2, 5)] == [0, 60, 0]

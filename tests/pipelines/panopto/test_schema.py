"""What Panopto would not take is not sent: no XML, a DTD, another order, names that are not ours."""

import pytest

from pipelines.panopto.manifest import NAMESPACE
from pipelines.panopto.schema import InvalidManifest, check

VIDEO = '<Video><Start>PT0S</Start><File Checksum="0123abcd">presenter.mp4</File><Type>Primary</Type></Video>'
GOOD = (
    f'<?xml version="1.0"?><Session xmlns="{NAMESPACE}"><Title>T</Title><Description/>'
    f"<Date>2024-07-01T07:15:00Z</Date><Videos>{VIDEO}</Videos></Session>"
)

pytestmark = pytest.mark.fault(37)


def test_a_good_one_passes() -> None:
    """It holds what is written here."""
    check(GOOD.encode())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (GOOD, ""),
        (GOOD, "no XML"),
        (GOOD, GOOD[:-5]),
        ("<Title>T</Title>", "<Title>\x0b</Title>"),
        ("<Title>T</Title>", "<Title>&#11;</Title>"),
        ("<Title>T</Title>", "<Title>&own;</Title>"),
        ("<Title>T</Title>", "<Title> </Title>"),
        ("<Title>T</Title><Description/>", "<Description/><Title>T</Title>"),
        ("<Description/>", ""),
        ("<Description/>", "<Description/><Creator/>"),
        ("07:15:00Z", "07:15:00"),
        ("2024-07-01", "2024-13-01"),
        ("Primary", "Tertiary"),
        ("0123abcd", "123abcd"),
        ("presenter.mp4", "../presenter.mp4"),
        ("presenter.mp4", "a/b.mp4"),
        ("presenter.mp4", "présenter.mp4"),
        ("presenter.mp4", ".mp4"),
        (f'xmlns="{NAMESPACE}"', ""),
        ('<?xml version="1.0"?>', '<?xml version="1.0"?><!DOCTYPE Session>'),
        (
            '<?xml version="1.0"?>',
            '<?xml version="1.0"?><!DOCTYPE Session [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        ),
    ],
)
def test_a_wrong_one_is_refused(old: str, new: str) -> None:
    """It ends its item, whose error says so in one sentence, without any of its words."""
    assert old in GOOD
    with pytest.raises(InvalidManifest, match=r"^its manifest "):
        check(GOOD.replace(old, new).encode())

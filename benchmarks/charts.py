"""A chart as SVG: a bar to the median of each, and a line from the lowest to the highest."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

from benchmarks.summary import Range

SVG = "http://www.w3.org/2000/svg"
WIDTH = 860
LEFT = 230
RIGHT = 150
ROW = 26
TOP = 44
OURS, THEIRS = "#2f6f9f", "#a9b4bd"


def chart(title: str, unit: str, bars: Sequence[tuple[str, Range]]) -> str:
    """Draw it. Ours are the bars whose name begins with ferry."""
    height = TOP + ROW * len(bars) + 12
    scale = (WIDTH - LEFT - RIGHT) / max((one.high for _, one in bars), default=1.0)
    rows = [line for place, bar in enumerate(bars) for line in _row(place, bar, scale)]
    return "\n".join(
        (
            f'<svg xmlns="{SVG}" width="{WIDTH}" height="{height}" font-family="sans-serif" font-size="13">',
            f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
            f'<text x="12" y="24" font-size="15">{escape(title)} ({escape(unit)})</text>',
            *rows,
            "</svg>",
            "",
        )
    )


def _row(place: int, bar: tuple[str, Range], scale: float) -> tuple[str, ...]:
    name, found = bar
    top = TOP + ROW * place
    middle = top + ROW / 2 - 3
    colour = OURS if name.startswith("ferry") else THEIRS
    low, median, high = (LEFT + value * scale for value in (found.low, found.median, found.high))
    return (
        f'<text x="{LEFT - 8}" y="{middle + 5:.1f}" text-anchor="end">{escape(name)}</text>',
        f'<rect x="{LEFT}" y="{top}" width="{median - LEFT:.1f}" height="{ROW - 6}" fill="{colour}"/>',
        f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{middle:.1f}" y2="{middle:.1f}" stroke="#222"/>',
        f'<text x="{max(high, median) + 8:.1f}" y="{middle + 5:.1f}">{_number(found)}</text>',
    )


def _number(found: Range) -> str:
    return found.text(0 if found.median >= 10 else 2)

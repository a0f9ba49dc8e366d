"""What is to be reached: ratios within one run, and memory above an engine at rest."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ratio:
    """In a cell, ours moves at least `speed` times as fast as a peer, at no more than `cpu` times its CPU."""

    cell: str
    ours: str
    against: str
    speed: float | None = None
    cpu: float | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """In a cell, ours takes at most so many MiB more than an engine at rest, or than itself elsewhere."""

    cell: str
    ours: str
    rest: str
    at_most: float
    rest_cell: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of its own: at most so much of one field of what a script says."""

    figure: str
    field: str
    at_most: float


def _plain_and_tls(
    ours: str, against: str, plain: tuple[float | None, float | None], tls: tuple[float | None, float | None]
) -> tuple[Ratio, Ratio]:
    return Ratio("a-plain", ours, against, *plain), Ratio("a-tls", ours, against, *tls)


RATIOS: tuple[Ratio, ...] = (
    *_plain_and_tls("ferry spot", "rclone multipart", (2.0, 0.5), (1.25, 0.75)),
    *_plain_and_tls("ferry crc", "rclone multipart", (2.5, 0.3), (1.3, 0.65)),
    *_plain_and_tls("ferry etag", "rclone multipart", (1.1, 0.85), (0.85, 1.15)),
    *_plain_and_tls("ferry crc", "rclone single PUT", (1.15, 0.85), (0.95, 1.05)),
    Ratio("b-plain", "ferry crc", "rclone single PUT", 1.0, 0.9),
    Ratio("b-tls", "ferry crc", "rclone single PUT", 0.95, 1.05),
    *_plain_and_tls("ferry spot", "sample way", (4.0, None), (1.4, None)),
    *_plain_and_tls("ferry spot", "sample way after download", (6.0, None), (2.2, None)),
    *_plain_and_tls("ferry spot", "s5cmd pipe", (3.5, None), (1.6, None)),
    *_plain_and_tls("ferry spot", "boto3 upload_fileobj", (3.5, None), (1.6, None)),
    Ratio("d-50ms-16-plain", "ferry spot", "rclone single PUT", 1.1),
    Ratio("d-50ms-4-plain", "ferry spot", "rclone single PUT", 1.0),
    Ratio("d-50ms-16-plain", "ferry spot", "rclone multipart", 2.8),
    Ratio("d-50ms-16-plain", "ferry spot", "sample way", 12.0),
    Ratio("e-50ms-64-plain", "ferry crc", "rclone single PUT", 1.8),
    Ratio("e-50ms-64-plain", "ferry crc, PutObject", "rclone single PUT", 2.2),
    *_plain_and_tls("ferry crc", "raw relay", (None, 1.45), (None, 1.05)),
    *_plain_and_tls("ferry crc, default loop", "raw relay", (None, 1.75), (None, 1.05)),
)

MEMORY: tuple[Memory, ...] = (
    *(
        Memory(f"{cell}-{ends}", ours, "ferry idle", at_most)
        for ours in ("ferry crc", "ferry spot")
        for cell, ends, at_most in (
            ("a", "plain", 40.0),
            ("a-64", "plain", 80.0),
            ("a", "tls", 64.0),
            ("a-64", "tls", 128.0),
        )
    ),
    *(
        Memory(f"16-gib-{ends}", "ferry spot", "ferry spot", 8.0, f"one-gib-{ends}")
        for ends in ("plain", "tls")
    ),
)

FIGURES: tuple[Figure, ...] = (
    Figure("replay", "replay_s", 5.0),
    Figure("replay", "peak_rss_mib", 300.0),
    Figure("items", "over_bare_engine_ms_an_item", 20.0),
    Figure("tiny-events", "cpu_ms_an_item", 12.0),
)

ASKED_FOR_BUT_NOT_RUN = (
    "100,000 tiny events, which take about an hour: `python -m benchmarks.items --events 1000 100000`",
)

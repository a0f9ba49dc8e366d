"""Real targets: S3 servers that nobody here wrote, by the names that cells use."""

from collections.abc import Mapping

from benchmarks.real import rclone, seaweedfs
from benchmarks.real.target import RealTarget

REAL: Mapping[str, RealTarget] = {one.name: one for one in (rclone.RCLONE, seaweedfs.SEAWEEDFS)}

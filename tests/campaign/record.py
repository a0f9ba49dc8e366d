"""What the parts of the campaign write down: one JSON line each, shown and appended to one file."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write(line: Mapping[str, Any], path: Path | None) -> None:
    """Show a line, and append it to the file where there is one."""
    text = json.dumps(line, sort_keys=True) + "\n"
    sys.stderr.write(text)
    if path is not None:
        with path.open("a", encoding="utf-8") as out:
            out.write(text)

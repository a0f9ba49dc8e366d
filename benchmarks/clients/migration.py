"""`ferry run` itself, with Panopto's pace lifted: for an emulated one that counts no calls.

    python -m benchmarks.clients.migration migration.toml [--carry]

Prints the document of `ferry run --json`. Without `--carry` nothing goes on to LumiNUS.
"""

import argparse
from pathlib import Path

from pipelines.cli.logs import logged_to_stderr
from pipelines.cli.run import migrate
from pipelines.cli.summary import document, write_json
from pipelines.config import load


def main() -> None:
    """Migrate, and say how the items stand; the exit code is that of `ferry run`."""
    parser = argparse.ArgumentParser(description="Run a migration whose pace is lifted.")
    parser.add_argument("settings", type=Path)
    parser.add_argument("--carry", action="store_true")
    asked = parser.parse_args()
    settings = load(asked.settings)
    if not asked.carry:
        settings = settings.model_copy(update={"luminus": None})
    with logged_to_stderr():
        ran = migrate(settings, panopto_rates=())
    write_json(document(ran.code, ran.outcomes, ran.snapshot, ran.lecture_items))
    if ran.error:
        raise SystemExit(ran.error)


if __name__ == "__main__":
    main()

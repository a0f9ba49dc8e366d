"""`python -m pipelines.cli` is `ferry`."""

from pipelines.cli import main

main()

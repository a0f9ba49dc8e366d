"""`python -m pipelines.cli` is `ferry`."""

from pipelines.cli.verbs import main

main()

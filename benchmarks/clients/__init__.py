"""The clients that are Python programs, each run by `python -m benchmarks.clients.NAME JOB.json`."""

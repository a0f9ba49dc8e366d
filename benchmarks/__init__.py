"""What moving bytes costs: the engine beside the tools people would use instead, in the same run.

From the bytes up: `workloads` which files, `corpus` those files on disk and their true MD5s, `source` nginx
in front of them, `discard` the target, `job` what a client is to do, `peers` the command of each client,
`clients` the programs that are ours, `measure` one run of one command, `real` targets that others wrote,
`content` the same command against those without a clock, `scripts` figures of their own, `cells` and `goals`
what is to be run and reached, `rounds` in which order, `alone` without another call beside it, `raw` where it
is kept, `summary`, `results` and `charts` how it is told.
"""

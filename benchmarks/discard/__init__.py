"""The target: an S3 server in a process of its own that throws bytes away and knows what they should be.

It is given the MD5 of every part that may come, so it can answer with true ETags without hashing anything,
and refuse what is not among them. `ledger` judges what comes (pure), `messages` reads and writes HTTP,
`server` has a thread for each connection, `process` is how a run starts and ends one.
"""

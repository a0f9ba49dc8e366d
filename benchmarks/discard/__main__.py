"""The target's process: reads its table, says its port, and when its input ends what has come.

python -m benchmarks.discard SETTINGS.json
"""

import json
import resource
import ssl
import sys
from pathlib import Path

from benchmarks.discard.ledger import Ledger
from benchmarks.discard.server import Server


def main() -> None:
    """Serve until standard input ends."""
    settings = json.loads(Path(sys.argv[1]).read_text())
    ledger = Ledger(tuple(row) for row in settings["rows"])
    context = None
    if settings["chain"]:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(settings["chain"], settings["key"])
    server = Server(ledger, settings["delay"], context)
    server.start()
    print(server.port, flush=True)
    sys.stdin.read()
    used = resource.getrusage(resource.RUSAGE_SELF)
    report = {
        "bytes": server.counter.bytes,
        "objects": {key: size for key, (size, _) in ledger.objects.items()},
        "parts": ledger.parts,
        "again": ledger.again,
        "voids": ledger.voids,
        "cpu_s": round(used.ru_utime + used.ru_stime, 3),
    }
    print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main()

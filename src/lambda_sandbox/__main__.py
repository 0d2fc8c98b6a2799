"""`python -m lambda_sandbox --port N`: the sandbox for people, containers and plain clients.

Prints one line when ready, ends cleanly on SIGINT and SIGTERM.
"""

from __future__ import annotations

import argparse
import gc
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lambda_sandbox.core import RealClock, Timing
from lambda_sandbox.sandbox import Sandbox
from lambda_sandbox.served import Served
from lambda_sandbox.server import Server

if TYPE_CHECKING:
    from collections.abc import Sequence

ALLOCATIONS: Final = 100_000
"""The collector of cycles looks through all of moto: AWS's answers would wait for it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until told to stop; the exit code."""
    options = _parser().parse_args(arguments)
    timing = Timing(
        create_s=options.settle,
        update_s=options.settle,
        publish_s=options.settle,
        signing_s=options.signing,
    )

    def fresh() -> Sandbox:
        sandbox = Sandbox(
            seed=options.seed,
            clock=RealClock(),
            timing=timing,
            region=options.region,
            account=options.account,
        )
        sandbox.gateway.latency_s = options.latency / 1000
        return sandbox

    gc.set_threshold(ALLOCATIONS, 10, 10)
    served = Served(fresh)
    server = Server(options.host, options.port, served.app)
    if options.root_out is not None:
        options.root_out.write_bytes(served.sandbox.signer_root_pem)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
    thread.start()
    sys.stdout.write(f"lambda_sandbox ready on http://{options.host}:{server.port}\n")
    sys.stdout.flush()
    stop.wait()
    server.stop()
    thread.join(5)
    server.server_close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lambda_sandbox", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--settle", type=float, default=0.5, metavar="SECONDS")
    parser.add_argument("--signing", type=float, default=0.5, metavar="SECONDS")
    parser.add_argument("--latency", type=float, default=0.0, metavar="MS", help="of every call")
    parser.add_argument("--root-out", type=Path, metavar="FILE.pem", help="the signer's root")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--region", default="eu-west-1", help="of /_sandbox/acts")
    parser.add_argument("--account", default="111122223333")
    return parser


if __name__ == "__main__":
    sys.exit(main())

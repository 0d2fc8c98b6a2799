"""The image's entry point, and `python -I entrypoint.py` without Docker.

Run with -I: then neither the checked-out repository nor PYTHONPATH or HOME can bring modules of
their own (a `yaml.py` in the workspace, a `sitecustomize.py`, a `.pth` file).

The order counts: a signal that comes while the rest is imported must not be lost, and no library
may see the environment that the job gave us.
"""

import gc
import os
import sys
from contextlib import suppress
from typing import NoReturn

sys.path.insert(0, f"{os.path.dirname(os.path.abspath(__file__))}/src")  # noqa: PTH100, PTH120 - pathlib alone takes longer than all before the handlers

from signed_lambda.signals import StopFlag, handle_stop_signals

ALLOCATIONS = 100_000
"""Objects made between two looks for garbage. Hardly anything here is made in cycles, a run is over
in seconds, and at Python's own 700 a tenth of the time of a large package goes into the looking
(bench/packaging.py)."""


SWITCH_S = 0.001
"""How long a thread that computes keeps others waiting which have an answer of AWS: at Python's own
5 ms the questions beside the review take a tenth of a second more."""


def collect_rarely() -> None:
    """Lets the collector of cycles look rarely; what nobody refers to goes at once all the same."""
    gc.set_threshold(ALLOCATIONS, 10, 10)


def run() -> int:
    """Runs the action in this process, which is then good for nothing else."""
    collect_rarely()
    sys.setswitchinterval(SWITCH_S)
    stop = StopFlag()
    handle_stop_signals(stop)
    from signed_lambda.environment import take  # noqa: PLC0415 - only now: see above

    environ = take(os.environ)
    from signed_lambda.main import main  # noqa: PLC0415 - only now: see above
    from signed_lambda.privileges import owner_of  # noqa: PLC0415 - only now: see above

    return main(environ, stop=stop, owner_of=owner_of)


def leave(code: int) -> NoReturn:
    """Ends the process, once everything is said.

    The interpreter's own end would take as long as a request: it frees, object by object, what the
    system frees anyway.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # nobody reads it any more
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    leave(run())

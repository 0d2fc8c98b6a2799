"""How the process ends: at once, and with all that was said."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.promises.modules import ROOT

ENDS = f"""
import atexit, sys
sys.path.insert(0, {str(ROOT)!r})
import entrypoint
atexit.register(print, "freed object by object")
print("said " * int(sys.argv[1]))
print("told", file=sys.stderr)
entrypoint.leave(7)
"""


def test_all_that_was_said_is_out_when_the_process_ends() -> None:
    ended = subprocess.run(
        [sys.executable, "-I", "-c", ENDS, "10000"], capture_output=True, text=True, check=False
    )

    assert (ended.returncode, ended.stdout) == (7, "said " * 10_000 + "\n")
    assert ended.stderr == "told\n"


def test_the_exit_code_is_the_runs_also_where_nobody_reads() -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        ended = subprocess.run([sys.executable, "-I", "-c", ENDS, "1"], stdout=write, check=False)
    finally:
        os.close(write)

    assert ended.returncode == 7

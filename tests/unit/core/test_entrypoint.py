"""How the process ends: at once, and with all that was said."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from signed_lambda.runner import Runner
from tests.promises.modules import ROOT

FULL = Path("/dev/full")


class Full(io.StringIO):
    """A stream that takes nothing."""

    def write(self, _text: str, /) -> int:
        """As on a full disk."""
        raise OSError(errno.ENOSPC, "No space left on device")


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


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
def test_a_log_that_cannot_be_written_makes_no_run_fail(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "app.py").write_text("def handler(event, context):\n    return event\n")
    (tmp_path / "output").touch()
    environ = {
        "INPUT_COMMAND": "scan",
        "INPUT_SOURCE": "dist",
        "GITHUB_ACTIONS": "true",
        "GITHUB_WORKSPACE": str(tmp_path),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
    }

    with FULL.open("w") as full:
        program = [sys.executable, "-I", str(ROOT / "entrypoint.py")]
        ended = subprocess.run(
            program, env=environ, stdout=full, stderr=subprocess.PIPE, check=False
        )

    assert (ended.returncode, ended.stderr) == (0, b"")
    assert "scanned" in (tmp_path / "output").read_text()


def test_a_mask_that_cannot_be_given_ends_the_run() -> None:
    runner = Runner({"GITHUB_ACTIONS": "true"}, Full())
    runner.line("told, if it can be")

    with pytest.raises(OSError, match="No space"):
        runner.mask("a secret of many letters")

"""A real process that gets a real signal: it ends soon, and says what stands."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import signed_lambda
from signed_lambda.clock import StopFlag
from signed_lambda.errors import Cancelled
from signed_lambda.signals import EXIT_CANCELLED, WATCHDOG_S, handle_stop_signals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[3]
LIMIT_S = 30
"""A process that has not ended by then never would."""

WAITS = """
import os, sys
from signed_lambda.cloud import Identity
from signed_lambda.main import main

class Waits:
    def __init__(self, deadline):
        self.clock = deadline.clock
    def identity(self):
        print("waiting", flush=True)
        self.clock.sleep(600)
        raise SystemExit("the sleep was not ended")

sys.exit(main(os.environ, connect=lambda inputs, deadline, say: Waits(deadline)))
"""

HANGS = """
import signal, sys, threading, time
from signed_lambda.clock import StopFlag
from signed_lambda.signals import handle_stop_signals

stop = StopFlag()
handle_stop_signals(stop, watchdog_s=0.2)
print("waiting", flush=True)
while True:  # a call that nothing ends
    time.sleep(1)
"""

ENDS = """
import sys, time
from signed_lambda.clock import StopFlag
from signed_lambda.signals import handle_stop_signals

stop = StopFlag()
handle_stop_signals(stop)
print("waiting", flush=True)
stop.wait(600)
print(stop.signal_name, flush=True)
sys.stdin.read()  # the test has sent its signals when it closes this; then the handlers go
sys.exit(5)
"""


class Process:
    """A program that says "waiting" when it is ready for a signal."""

    def __init__(self, program: str, environ: dict[str, str]) -> None:
        source = str(Path(signed_lambda.__file__).parents[1])
        self.running = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(program)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join((source, str(ROOT))), **environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.running.stdout is not None
        self.out = self.running.stdout

    def ready(self) -> Process:
        """Waits until it is ready for a signal."""
        before = ""
        while "waiting" not in (line := self.out.readline()):
            assert line, before
            before += line
        return self

    def end(self, *signals: int) -> tuple[int, str, float]:
        """Sends the signals: exit code, what was said, seconds."""
        started = time.monotonic()
        for number in signals:
            self.running.send_signal(number)
        try:
            rest, _ = self.running.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            pytest.fail(f"the process was still running {LIMIT_S} s after {signals}")
        return self.running.returncode, rest, time.monotonic() - started


@pytest.fixture
def start() -> Iterator[Callable[[str, dict[str, str]], Process]]:
    """Starts processes; what is left of them in the end is ended."""
    started: list[Process] = []

    def begin(program: str, environ: dict[str, str]) -> Process:
        started.append(Process(program, environ))
        return started[-1].ready()

    yield begin
    for process in started:
        process.running.kill()
        process.running.wait()
        process.out.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_cancelled_run_ends_at_once_and_reports(
    tmp_path: Path, start: Callable[[str, dict[str, str]], Process], number: signal.Signals
) -> None:
    output = tmp_path / "output"
    output.touch()
    process = start(
        WAITS,
        {
            "INPUT_COMMAND": "rollback",
            "INPUT_FUNCTION-NAME": "orders",
            "INPUT_AWS-REGION": "eu-west-1",
            "INPUT_COMMENT": "off",
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(tmp_path),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_EVENT_NAME": "push",
        },
    )

    code, said, seconds = process.end(number)

    assert code == 31, said
    assert seconds < LIMIT_S / 2
    assert f"the job was cancelled ({number.name})" in said
    assert "Nothing was written; every alias and version is as it was" in said
    assert "Traceback" not in said
    assert "failed" in output.read_text()


def test_a_call_that_does_not_end_is_ended_by_the_watchdog(
    start: Callable[[str, dict[str, str]], Process],
) -> None:
    process = start(HANGS, {})

    code, said, _ = process.end(signal.SIGTERM)

    assert code == 31
    assert "stopped by the watchdog" in said
    assert "running it again converges" in said


def test_further_signals_change_nothing(
    start: Callable[[str, dict[str, str]], Process],
) -> None:
    process = start(ENDS, {})
    process.running.send_signal(signal.SIGTERM)
    first = process.out.readline()

    code, said, _ = process.end(signal.SIGINT, signal.SIGTERM)

    assert first == "SIGTERM\n"
    assert (code, said) == (5, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_sets_the_flag(number: signal.Signals) -> None:
    before = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
    stop = StopFlag()
    try:
        handle_stop_signals(stop, watchdog_s=1e6)
        signal.raise_signal(number)
        signal.raise_signal(signal.SIGTERM)
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)

    assert stop.is_set()
    assert stop.signal_name == number.name


def test_the_watchdog_leaves_before_the_runner_kills() -> None:
    assert WATCHDOG_S < 7.5  # SIGTERM follows SIGINT after so long
    assert Cancelled.exit_code == EXIT_CANCELLED

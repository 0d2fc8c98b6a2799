"""A real process that gets a real signal: it ends soon, and says what stands."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import signed_lambda
from signed_lambda.errors import Cancelled
from signed_lambda.signals import (
    EXIT_CANCELLED,
    LAST_WORDS_S,
    PATIENCE_S,
    WATCHDOG_S,
    StopFlag,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
LIMIT_S = 30
"""A process that has not ended by then never would."""

BEGIN = """
import os, sys
from signed_lambda.signals import StopFlag, handle_stop_signals

stop = StopFlag()
handle_stop_signals(stop, **{TIMES})
"""

WAITS = (
    BEGIN
    + """
from signed_lambda.cloud import Identity
from signed_lambda.main import main

class Waits:
    def __init__(self, deadline):
        self.clock = deadline.clock
    def identity(self):
        print("waiting", flush=True)
        {WAIT}
        raise SystemExit("the wait was not ended")

def connect(inputs, deadline, say):
    return Waits(deadline)

sys.exit(main(os.environ, connect=connect, stop=stop))
"""
)
SLEEPS = "self.clock.sleep(600)"
STALLS = "import socket; a, b = socket.socketpair(); a.recv(1)"
KEEPS_IT_TO_ITSELF = """
        import socket
        a, b = socket.socketpair()
        for _ in range(3):  # a library that takes any error for the network's
            try:
                a.recv(1)
            except Exception:
                continue
        self.clock.sleep(600)"""
DEADLOCKS = """
        import ctypes
        c, mutex = ctypes.CDLL(None), ctypes.create_string_buffer(64)
        c.pthread_mutex_lock(mutex)
        c.pthread_mutex_lock(mutex)"""
"""In the C library, which takes no notice of a signal."""
CANNOT_PRINT = (
    """
        import threading
        stop.last_words = threading.Event().wait  # as printing does where nobody reads"""
    + DEADLOCKS
)

ENDS = (
    BEGIN
    + """
print("waiting", flush=True)
stop.wait(600)
print(stop.signal_name, flush=True)
sys.stdin.read()  # the test has sent its signals when it closes this; then the handlers go
sys.exit(5)
"""
)
MATCHES = (
    BEGIN
    + """
import re
from signed_lambda.errors import Cancelled
print("waiting", flush=True)
try:
    with stop.interruptible():  # for longer than anybody waits; no other thread runs meanwhile
        re.match("(a|a)*b", "a" * 60)
except Cancelled:
    sys.exit(6)
"""
)
INTERRUPTED_ANYWHERE = (
    BEGIN
    + """
import threading
lock = stop._event._cond
print("waiting", flush=True)
with lock:  # as a wait has it for a moment
    while not stop.is_set():
        pass
print(stop.signal_name, flush=True)
"""
)


def program(text: str, wait: str = SLEEPS, **times: float) -> str:
    """A program with its wait, and with other times than the product's."""
    return text.replace("{WAIT}", wait).replace("{TIMES}", repr(times))


LAST_LINE = (
    "E-CANCEL-01 The job was cancelled (SIGINT). What stands: Nothing was written; every alias and"
    " version is as it was. Run it again: a new run goes on where this one stopped"
)


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
        assert process.running.stdin is not None
        process.running.stdin.close()


@pytest.fixture
def job(tmp_path: Path) -> dict[str, str]:
    """The environment of a rollback on a runner."""
    (tmp_path / "output").touch()
    return {
        "INPUT_COMMAND": "rollback",
        "INPUT_FUNCTION-NAME": "orders",
        "INPUT_AWS-REGION": "eu-west-1",
        "INPUT_COMMENT": "off",
        "GITHUB_ACTIONS": "true",
        "GITHUB_WORKSPACE": str(tmp_path),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_EVENT_NAME": "push",
    }


Start = Callable[[str, dict[str, str]], Process]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("wait", [SLEEPS, STALLS, KEEPS_IT_TO_ITSELF])
def test_a_cancelled_run_ends_at_once_and_reports(
    job: dict[str, str], start: Start, number: signal.Signals, wait: str
) -> None:
    process = start(program(WAITS, wait, patience_s=0.1, watchdog_s=60), job)

    code, said, seconds = process.end(number)

    assert code == 31, said
    assert seconds < LIMIT_S / 2
    assert f"the job was cancelled ({number.name})" in said
    assert "Nothing was written; every alias and version is as it was" in said
    assert said.splitlines()[-1] == LAST_LINE.replace("SIGINT", number.name)
    assert "Traceback" not in said
    assert "failed" in Path(job["GITHUB_OUTPUT"]).read_text()


def test_a_call_that_never_returns_is_ended_by_the_watchdog_which_says_what_stands(
    job: dict[str, str], start: Start
) -> None:
    process = start(program(WAITS, DEADLOCKS, patience_s=60, watchdog_s=0.2), job)

    code, said, _ = process.end(signal.SIGTERM)

    assert code == 31
    assert said.splitlines()[-1] == "::error::" + LAST_LINE.replace("SIGINT", "SIGTERM")


def test_a_log_that_nobody_reads_keeps_no_cancelled_run_alive(
    job: dict[str, str], start: Start
) -> None:
    process = start(program(WAITS, CANNOT_PRINT, patience_s=60, watchdog_s=0.2), job)

    code, _, _ = process.end(signal.SIGINT)

    assert code == 31


def test_a_signal_before_anything_was_done_ends_the_run_before_it_begins(
    job: dict[str, str], start: Start
) -> None:
    begun = BEGIN + "print('waiting', flush=True)\nsys.stdin.read()\n" + WAITS.removeprefix(BEGIN)
    process = start(program(begun), job)

    code, said, _ = process.end(signal.SIGINT)

    assert code == 31, said
    assert "the job was cancelled (SIGINT)" in said
    assert "waiting" not in said  # AWS was not asked


def test_an_expression_that_is_matched_for_ever_is_interrupted(start: Start) -> None:
    process = start(program(MATCHES, patience_s=0.1, watchdog_s=60), {})

    code, said, _ = process.end(signal.SIGTERM)

    assert (code, said) == (6, "")


def test_further_signals_change_nothing(start: Start) -> None:
    process = start(program(ENDS), {})
    process.running.send_signal(signal.SIGTERM)
    first = process.out.readline()

    code, said, _ = process.end(signal.SIGINT, signal.SIGTERM)

    assert first == "SIGTERM\n"
    assert (code, said) == (5, "")


def test_a_signal_in_the_midst_of_a_wait_does_not_lock_the_run_up(start: Start) -> None:
    process = start(program(INTERRUPTED_ANYWHERE, watchdog_s=60), {})

    code, said, _ = process.end(signal.SIGINT)

    assert (code, said) == (0, "SIGINT\n")


def test_what_may_not_be_interrupted_is_not() -> None:
    stop = StopFlag()
    with stop.interruptible():
        stop.nudge()  # nobody cancelled
    stop.set("SIGINT")
    stop.nudge()

    with pytest.raises(Cancelled), stop.interruptible():
        stop.nudge()
    stop.nudge()


def test_the_times_keep_what_the_runner_grants() -> None:
    assert PATIENCE_S + 1 < 5  # an interrupted run reports within the second
    assert WATCHDOG_S + LAST_WORDS_S <= 7.5  # SIGTERM follows SIGINT after so long
    assert Cancelled.exit_code == EXIT_CANCELLED

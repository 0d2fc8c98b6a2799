"""Runs the fuzzers, two at a time: `python -m fuzz [--seconds 60] [target ...]`.

What was found and what covers most is kept in build/fuzz/TARGET, and a next run starts from it.
Ends with 1 when an input failed; the log beside it tells which, and how.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import os
import pkgutil
import re
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from subprocess import STDOUT, Popen
from typing import Final

from fuzz import targets

ROOT: Final = Path(__file__).parents[1]
KEPT: Final = ROOT / "build" / "fuzz"
AT_ONCE: Final = 2
NAMES: Final = tuple(module.name for module in pkgutil.iter_modules(targets.__path__))


@dataclass(frozen=True, slots=True)
class Ran:
    """One target's run; the clock runs from the first input on."""

    name: str
    ended_well: bool = True
    clock_s: int = 0
    processor_s: float = 0
    executions: int = 0
    edges: int = 0
    memory_mb: int = 0

    def __str__(self) -> str:
        what = "ok" if self.ended_well else f"FAILED: see {log_of(self.name).relative_to(ROOT)}"
        return (
            f"{self.name:<12}{self.clock_s:>7}{self.processor_s:>11.0f}{self.executions:>12,}"
            f"{self.edges:>8,}{self.memory_mb:>8}   {what}"
        )


HEADER: Final = (
    f"{'target':<12}{'clock s':>7}{'processor s':>11}{'executions':>12}{'edges':>8}{'MB':>8}"
)


def log_of(name: str) -> Path:
    """Where a target's log is."""
    return KEPT / f"{name}.log"


def prepared(name: str) -> list[str]:
    """Writes seeds and words; the arguments that name them."""
    target = importlib.import_module(f"fuzz.targets.{name}")
    corpus, seeds = KEPT / name / "corpus", KEPT / name / "seeds"
    shutil.rmtree(seeds, ignore_errors=True)
    for folder in (corpus, seeds):
        folder.mkdir(parents=True, exist_ok=True)
    for seed in target.seeds():
        (seeds / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    words = KEPT / name / "words"
    quoted = ("".join(f"\\x{byte:02x}" for byte in word) for word in target.WORDS)
    words.write_text("".join(f'"{word}"\n' for word in quoted))
    dictionary = [f"-dict={words}"] if target.WORDS else []
    few = [f"-runs={target.RUNS}"] if hasattr(target, "RUNS") else []
    return [*dictionary, *few, f"-artifact_prefix={KEPT / name}/", str(corpus), str(seeds)]


def run(name: str, seconds: int) -> Ran:
    """Fuzzes one target, in processes of its own, until the time is over or an input fails."""
    given = prepared(name)
    log_of(name).write_bytes(b"")
    ran = Ran(name)
    while ran.ended_well and ran.clock_s < seconds:
        ran = _next(ran, [f"-max_total_time={seconds - ran.clock_s}", *given])
    print(ran, flush=True)
    return ran


def _next(before: Ran, flags: list[str]) -> Ran:
    command = [sys.executable, "-m", "fuzz.engine", before.name, "-print_final_stats=1", *flags]
    start = log_of(before.name).stat().st_size
    with log_of(before.name).open("ab") as log:
        process = Popen(command, stdout=log, stderr=STDOUT, cwd=ROOT)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    said = log_of(before.name).read_bytes()[start:].decode("utf-8", "replace")
    return Ran(
        name=before.name,
        ended_well=process.returncode == 0,
        clock_s=before.clock_s + max(1, _last(r"Done \d+ runs in (\d+) second", said)),
        processor_s=before.processor_s + used.ru_utime + used.ru_stime,
        executions=before.executions + _last(r"number_of_executed_units: (\d+)", said),
        edges=_last(r" cov: (\d+) ", said),
        memory_mb=max(before.memory_mb, _last(r"peak_rss_mb: *(\d+)", said)),
    )


def _last(form: str, log: str) -> int:
    return int((re.findall(form, log) or ["0"])[-1])


def main() -> int:
    """Runs the targets that are named, all by default; the exit code."""
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="for each target, by the clock")
    parser.add_argument("target", nargs="*", choices=[*NAMES, []], help=", ".join(NAMES))
    given = parser.parse_args()
    KEPT.mkdir(parents=True, exist_ok=True)
    print(HEADER)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        done = [*pool.map(lambda name: run(name, given.seconds), given.target or NAMES)]
    print(
        f"{'all':<12}{sum(r.clock_s for r in done):>7}{sum(r.processor_s for r in done):>11.0f}"
        f"{sum(r.executions for r in done):>12,}"
    )
    return 0 if all(r.ended_well for r in done) else 1


if __name__ == "__main__":
    sys.exit(main())

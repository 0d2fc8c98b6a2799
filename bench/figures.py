"""What every script of bench/ shares: sides run in turn, medians, and figures as text and as JSON.

A script makes a `Sheet`, adds what it measured, and ends with `sheet.tell(command)`: the figures
are printed, and with `--json FILE` written as well, from which `python -m bench` makes
docs/performance.md. A script whose peer or tree is not there skips it by name.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import tempfile
import threading
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

CACHE: Final = (
    Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "signed-lambda-bench"
)
"""Where peers and trees are installed, once."""
_SAMPLE_S: Final = 0.01
_SHOWN: Final = 6


# -- running


@dataclass(frozen=True, slots=True)
class Run:
    """One run.

    Attributes:
        seconds: Of the clock.
        cpu_s: Of the CPU, with the children that were waited for.
        rss_mb: Largest resident memory, MiB; 0 where it was not looked at.
    """

    seconds: float
    cpu_s: float = 0.0
    rss_mb: float = 0.0


@dataclass(frozen=True, slots=True)
class Side:
    """What one side of a comparison took.

    Attributes:
        seconds, cpu_s: Medians of the runs.
        rss_mb: The largest of the runs.
        spread_s: The fastest and the slowest run.
        runs: How many.
        note: What else is to be known of it (a version, a size).
    """

    name: str
    seconds: float
    cpu_s: float
    rss_mb: float
    spread_s: tuple[float, float]
    runs: int
    note: str = ""

    @classmethod
    def of(cls, name: str, runs: Sequence[Run], note: str = "") -> Side:
        """The medians of some runs, at least one."""
        seconds = [r.seconds for r in runs]
        return cls(
            name=name,
            seconds=statistics.median(seconds),
            cpu_s=statistics.median(r.cpu_s for r in runs),
            rss_mb=max(r.rss_mb for r in runs),
            spread_s=(min(seconds), max(seconds)),
            runs=len(runs),
            note=note,
        )

    def times(self, other: Side) -> float:
        """How many times as fast this side is as the other."""
        return other.seconds / self.seconds


def interleave(
    sides: Mapping[str, Callable[[], Run]], rounds: int, *, warm: int = 1
) -> dict[str, Side]:
    """Runs all sides in turn, the first one moving by one each round; their medians by name.

    Args:
        sides: Each runs once and says what that took.
        rounds: How often; at least 5 for a figure that is told.
        warm: Rounds before that whose figures are thrown away (the page cache).
    """
    names = list(sides)
    runs: dict[str, list[Run]] = {name: [] for name in names}
    for number in range(warm + rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            run = sides[name]()
            if number >= warm:
                runs[name].append(run)
    return {name: Side.of(name, each) for name, each in runs.items()}


def timed(work: Callable[[], object]) -> Run:
    """One call in this process."""
    began = time.perf_counter(), time.process_time()
    work()
    return Run(time.perf_counter() - began[0], time.process_time() - began[1])


def process(
    words: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    environ: Mapping[str, str] | None = None,
    whole_tree: bool = False,
) -> tuple[Run, str]:
    """Runs a process quietly; what it took with its children, and what it printed.

    Args:
        words: Program and arguments.
        cwd: Where it runs.
        environ: Its whole environment; this process's own by default.
        whole_tree: The memory of all its processes together (proportional shares, sampled every
            10 ms), not only of the largest one. Costs some CPU.

    Raises:
        RuntimeError: It ended with another code than 0; the text is its last lines.
    """
    with tempfile.TemporaryFile() as out:
        began = time.perf_counter()
        child = subprocess.Popen(
            [str(w) for w in words],
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=cwd,
            env=environ,
            start_new_session=True,
        )
        peak = _Peak(child.pid) if whole_tree else None
        _, status, used = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        largest = used.ru_maxrss / 1024
        rss_mb = max(largest, peak.end()) if peak else largest
        out.seek(0)
        text = out.read().decode("utf-8", "replace")
    if child.returncode:
        last = "\n".join(text.strip().splitlines()[-_SHOWN:])
        raise RuntimeError(f"{words[0]} ended with {child.returncode}: {last}")
    return Run(seconds, used.ru_utime + used.ru_stime, rss_mb), text


class _Peak:
    """The largest memory of all processes of a session together."""

    def __init__(self, session: int) -> None:
        self._session = session
        self._over = threading.Event()
        self._largest_kb = 0
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def end(self) -> float:
        """MiB."""
        self._over.set()
        self._thread.join()
        return self._largest_kb / 1024

    def _watch(self) -> None:
        while not self._over.wait(_SAMPLE_S):
            self._largest_kb = max(self._largest_kb, sum(map(_pss_kb, self._members())))

    def _members(self) -> list[Path]:
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has just ended
            if int(fields[3]) == self._session:
                found.append(folder)
        return found


def _pss_kb(process: Path) -> int:
    """The proportional share of memory of a process.

    Source: proc(5), /proc/pid/smaps_rollup.
    """
    try:
        lines = (process / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


# -- telling


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure that was asked for, and what was measured.

    Attributes:
        title: What was measured ("node_modules, 20,000 files, 189 MB").
        asked: The aim in words ("at least 3.5x zip"); "" where none was set.
        measured: In the same words.
        reached: Whether the aim is met; None where none was set.
        sides: What the ratio was made from, both sides and more.
    """

    title: str
    asked: str
    measured: str
    reached: bool | None = None
    sides: tuple[Side, ...] = ()


@dataclass(slots=True)
class Sheet:
    """What one script measured.

    Attributes:
        title: A heading.
        about: A few sentences: how it was measured, and what stays out.
        skipped: What was not measured, by name, with the reason.
    """

    title: str
    about: str = ""
    figures: list[Figure] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)

    def add(
        self,
        title: str,
        *,
        asked: str = "",
        measured: str,
        reached: bool | None = None,
        sides: Sequence[Side] = (),
    ) -> None:
        """Takes one figure; see `Figure`."""
        self.figures.append(Figure(title, asked, measured, reached, tuple(sides)))

    def skip(self, name: str, why: str) -> None:
        """Something is not measured."""
        self.skipped[name] = why

    def tell(self, command: str, to: Path | None) -> None:
        """Prints all; writes JSON where a file is given.

        Args:
            command: What repeats it ("python bench/packaging.py").
            to: The file, None for none. See `arguments`.
        """
        print(f"{self.title}\n{self.about}".rstrip())
        for figure in self.figures:
            verdict = {True: "reached", False: "NOT REACHED", None: ""}[figure.reached]
            asked = f" (asked: {figure.asked}; {verdict})" if figure.asked else ""
            print(f"\n{figure.title}: {figure.measured}{asked}")
            for side in figure.sides:
                print(
                    f"  {side.name:<28} {side.seconds:8.3f} s  {side.cpu_s:8.3f} s CPU"
                    f" {side.rss_mb:7.0f} MB  [{side.spread_s[0]:.3f} to {side.spread_s[1]:.3f},"
                    f" {side.runs} runs] {side.note}".rstrip()
                )
        for name, why in self.skipped.items():
            print(f"\n{name} skipped: {why}")
        if to is not None:
            told = {
                "title": self.title,
                "about": self.about,
                "command": command,
                "machine": machine(),
                "date": datetime.now(UTC).date().isoformat(),
                "figures": [asdict(f) for f in self.figures],
                "skipped": self.skipped,
            }
            to.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def arguments(description: str | None = None) -> argparse.ArgumentParser:
    """A parser that knows `--json FILE` (attribute `json`) and `--rounds N`."""
    parser = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here as well")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each side")
    return parser


def machine() -> str:
    """CPU, its number, memory, system and Python; nothing that names the machine."""
    model = "unknown CPU"
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cpus = len(os.sched_getaffinity(0))
    return (
        f"{cpus} CPUs ({model}), {memory_gib:.0f} GiB, {platform.system()} {platform.machine()},"
        f" Python {platform.python_version()}"
    )

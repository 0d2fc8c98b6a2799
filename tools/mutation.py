"""Mutation score of the chain and of the zip reader: small changes, each wants a red test.

pytest collects the tests of an area once and runs them once, which tells the tests that reach each
line. For each mutant a process is forked from this warm one; it changes one function's code and
runs the tests that reach the changed statement, until the first fails. A mutant that hangs (CPU
time) counts as killed; one that no test reaches has survived. tools/mutation.yaml holds the areas
and the mutants that are equivalent to the original, each with its reason; these do not count.

    python tools/mutation.py              400 mutants of each area, drawn by a fixed seed
    python tools/mutation.py --all        every mutant
    python tools/mutation.py AREA ...     some areas; --only TEXT: mutants whose key holds the text

Exits with 0 only if at least 90 % of each area's mutants were killed.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import json
import math
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import coverage
import pytest
import yaml
from _pytest.runner import runtestprotocol

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from tools.mutants import Mutant, mutants  # noqa: E402 - found by the line above

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from types import FunctionType

TABLE: Final = ROOT / "tools" / "mutation.yaml"
BAR: Final = 0.9
SEED: Final = 20_261_125
SAMPLE: Final = 400
PROCESSES: Final = 2
FAILED: Final = 3
BROKE: Final = 4
BUDGET_CPU_S: Final = 20
"""About as long a mutant that survives may take; then "survived" is said after fewer tests."""
HANGS_CPU_S: Final = 4
"""CPU time that one test may take beyond three times what it took before."""
MEMORY_BYTES: Final = 6 * 1024**3


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """What is mutated, and by what it is judged.

    Attributes:
        files: Of the product, from the root.
        tests: Arguments for pytest.
        equivalent: Reasons by the key of the mutant.
    """

    name: str
    files: tuple[str, ...]
    tests: tuple[str, ...]
    equivalent: Mapping[str, str]

    def mutants(self) -> tuple[Mutant, ...]:
        """All of them."""
        found: list[Mutant] = []
        for file in self.files:
            module = file.removeprefix("src/").removesuffix(".py").replace("/", ".")
            found += mutants(module.removesuffix(".__init__"), ROOT / file)
        return tuple(found)


def read_table(path: Path = TABLE) -> tuple[Area, ...]:
    """The areas of the table; a file may be given as a pattern."""
    areas = yaml.safe_load(path.read_text(encoding="utf-8"))["areas"]
    return tuple(
        Area(
            name=item["name"],
            files=tuple(
                str(file.relative_to(ROOT))
                for pattern in item["files"]
                for file in sorted(ROOT.glob(pattern))
            ),
            tests=tuple(item["tests"]),
            equivalent={key: e["reason"] for e in item["equivalent"] for key in e["mutants"]},
        )
        for item in areas
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutant.

    Attributes:
        how: "killed"; "hung" (CPU time) or "ended" (the process) in a test; "survived"; "not
            reached".
        test: That killed it, "" for none.
        why: How it failed, one line.
        tests: How many reach it, or were chosen of these.
    """

    mutant: Mutant
    how: str
    test: str
    why: str
    tests: int

    @property
    def is_killed(self) -> bool:
        """Whether the suite noticed."""
        return self.how in {"killed", "hung", "ended"}


@dataclass(slots=True)
class Judge:
    """A plugin of pytest: in place of running the collected tests, judges the mutants by them."""

    area: Area
    chosen: tuple[Mutant, ...]
    processes: int
    tell: Callable[[Verdict], None]
    failed: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    reach: dict[tuple[str, int], set[str]] = field(default_factory=lambda: defaultdict(set))
    items: dict[str, pytest.Item] = field(default_factory=dict)
    killers: dict[tuple[str, str], Counter[str]] = field(
        default_factory=lambda: defaultdict(Counter)
    )

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Runs all tests once, then judges."""
        self.items = {item.nodeid: item for item in session.items}
        with _silence():
            self._run_all(session)
        if not self.failed:
            gc.freeze()
            for verdict in self._judged():
                self.tell(verdict)
            self._control()
        return True

    def _run_all(self, session: pytest.Session) -> None:
        files = [str(ROOT / file) for file in self.area.files]
        measured = coverage.Coverage(data_file=None, include=files, config_file=False)
        measured.start()
        for item in session.items:
            measured.switch_context(item.nodeid)
            begun = time.process_time()
            if _failure(item):
                self.failed.append(item.nodeid)
            self.seconds[item.nodeid] = time.process_time() - begun
        measured.stop()
        data = measured.get_data()
        for file in data.measured_files():
            module = file.removeprefix(f"{ROOT / 'src'}/").removesuffix(".py").replace("/", ".")
            for line, tests in data.contexts_by_lineno(file).items():
                self.reach[module, line] |= set(tests) & self.items.keys()

    def _judged(self) -> Iterator[Verdict]:
        """Forks, as many at a time as there may be; verdicts in the order in which they end."""
        waiting = list(reversed(self.chosen))
        running: dict[int, tuple[Mutant, Path, int]] = {}
        while waiting or running:
            if waiting and len(running) < self.processes:
                mutant = waiting.pop()
                names = self._order(mutant)
                if not names:
                    yield Verdict(mutant, "not reached", "", "", 0)
                    continue
                folder = Path(tempfile.mkdtemp(prefix="mutant-"))
                child = os.fork()
                if child == 0:
                    _judge(mutant, [self.items[n] for n in names], self.seconds, folder)
                running[child] = (mutant, folder, len(names))
                continue
            child, status = os.wait()
            mutant, folder, count = running.pop(child)
            verdict = _verdict(mutant, folder, os.waitstatus_to_exitcode(status), count)
            shutil.rmtree(folder, ignore_errors=True)
            if verdict.test:
                self.killers[mutant.module, mutant.function][verdict.test] += 1
            yield verdict

    def _control(self) -> None:
        """The tests that killed must pass once more, in such a process, without any mutant."""
        names = dict.fromkeys(n for known in self.killers.values() for n in known)
        with tempfile.TemporaryDirectory(prefix="mutant-") as name:
            folder = Path(name)
            child = os.fork()
            if child == 0:
                _judge(None, [self.items[n] for n in names], self.seconds, folder)
            if os.waitpid(child, 0)[1] != 0:
                self.failed.append((folder / "failure").read_text(encoding="utf-8"))

    def _order(self, mutant: Mutant) -> list[str]:
        """The tests that reach the mutant: those that killed its neighbours, then fast ones.

        Where all together take more than BUDGET_CPU_S, of the others an even choice.
        """
        first, last = mutant.lines
        names = {n for line in range(first, last + 1) for n in self.reach[mutant.module, line]}
        known = self.killers[mutant.module, mutant.function]
        likely = sorted(names & known.keys(), key=lambda n: (-known[n], n))
        others = sorted(names - known.keys(), key=lambda n: (self.seconds[n], n))
        step = math.ceil(sum(self.seconds[n] for n in others) / BUDGET_CPU_S) or 1
        return [*likely, *others[::step]]


def _failure(item: pytest.Item) -> str:
    """Runs a test with all its fixtures made anew: how it failed, "" when it passed or skipped."""
    for report in runtestprotocol(item, log=False, nextitem=None):
        if report.failed:
            return (report.longreprtext.strip().splitlines() or ["failed"])[-1]
    return ""


def _judge(
    mutant: Mutant | None, items: Iterable[pytest.Item], seconds: Mapping[str, float], folder: Path
) -> None:
    """In the forked process, which it ends: 0 when all tests passed, FAILED when one failed."""
    try:
        _be_private(items, folder)
        if mutant is not None:
            _function(mutant).__code__ = mutant.code()
        for item in items:
            used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
            limit = int(used + 3 * seconds[item.nodeid] + HANGS_CPU_S)
            resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
            if why := _failure(item):
                (folder / "failure").write_text(f"{item.nodeid}\n{why}", encoding="utf-8")
                os._exit(FAILED)
        os._exit(0)
    finally:
        os._exit(BROKE)


def _be_private(items: Iterable[pytest.Item], folder: Path) -> None:
    """No output; a memory limit; temporary folders of its own, which its parent removes."""
    quiet = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(quiet, fd)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    for item in items:
        factory = item.config._tmp_path_factory  # type: ignore[attr-defined] # noqa: SLF001 - pytest
        factory._basetemp = folder  # noqa: SLF001 - has no public name for it


def _verdict(mutant: Mutant, folder: Path, code: int, tests: int) -> Verdict:
    """From how the forked process ended.

    Raises:
        RuntimeError: The process broke outside of a test: the tool is wrong, not the mutant.
    """
    if code == FAILED:
        test, _, why = (folder / "failure").read_text(encoding="utf-8").partition("\n")
        return Verdict(mutant, "killed", test, why, tests)
    if code == 0:
        return Verdict(mutant, "survived", "", "", tests)
    if code == BROKE:
        raise RuntimeError(f"cannot judge {mutant.key}")
    return Verdict(mutant, "hung" if code == -signal.SIGXCPU else "ended", "", str(code), tests)


def _function(mutant: Mutant) -> FunctionType:
    """The live function that the mutant changes, below its decorators."""
    found: Any = importlib.import_module(mutant.module)
    for name in mutant.function.split("."):
        found = vars(found)[name]
        for attribute in ("__func__", "fget", "func", "__wrapped__"):
            found = getattr(found, attribute, found)
    return found  # type: ignore[no-any-return]


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """What the tests print is not shown."""
    sys.stdout.flush()
    kept = [(fd, os.dup(fd)) for fd in (1, 2)]
    quiet = os.open(os.devnull, os.O_WRONLY)
    for fd, _ in kept:
        os.dup2(quiet, fd)
    try:
        yield
    finally:
        sys.stdout.flush()
        for fd, copy in kept:
            os.dup2(copy, fd)
            os.close(copy)
        os.close(quiet)


def judge(
    area: Area, chosen: tuple[Mutant, ...], processes: int, tell: Callable[[Verdict], None]
) -> list[str]:
    """Judges mutants of an area; returns the tests that fail without any."""
    plugin = Judge(area, chosen, processes, tell)
    options = ("-qq", "-s", "-p", "no:faulthandler", "--no-summary")
    code = pytest.main([*options, *area.tests], plugins=[plugin])
    if code or not plugin.items:
        return plugin.failed or [f"pytest ended with {code}"]
    return plugin.failed


def main(arguments: list[str] | None = None) -> int:
    """Runs what the arguments say; the exit code."""
    areas = {area.name: area for area in read_table()}
    parser = argparse.ArgumentParser(description="Changes the code in small ways: tests must fail.")
    parser.add_argument("areas", nargs="*", choices=[*areas, []], help="some areas only")
    parser.add_argument("--all", action="store_true", help="every mutant, not a sample")
    parser.add_argument("--sample", type=int, default=SAMPLE, help="mutants of an area")
    parser.add_argument("--processes", type=int, default=PROCESSES, help="at a time")
    parser.add_argument("--only", default="", help="mutants whose key holds this text")
    parser.add_argument("--again", type=Path, help="those that were not killed, of such a file")
    parser.add_argument("--tests", nargs="+", help="arguments for pytest in place of the table's")
    parser.add_argument("--verdicts", type=Path, help="a file for one JSON line a mutant")
    given = parser.parse_args(arguments)
    os.chdir(ROOT)
    code = 0
    for name in given.areas or areas:
        area = replace(areas[name], tests=tuple(given.tests)) if given.tests else areas[name]
        code |= _score(area, given)
    return code


def _alive(verdicts: Path) -> set[str]:
    """Keys of the mutants that were not killed in an earlier run."""
    found = map(json.loads, verdicts.read_text(encoding="utf-8").splitlines())
    return {str(one["key"]) for one in found if one["how"] in {"survived", "not reached"}}


def _score(area: Area, given: argparse.Namespace) -> int:
    """Judges an area and prints its figures; 0 when it reaches the bar."""
    every = [m for m in area.mutants() if given.only in m.key]
    if given.again:
        alive = _alive(given.again)
        every = [m for m in every if m.key in alive]
    counted = [m for m in every if m.key not in area.equivalent]
    if (
        unknown := []
        if given.only or given.again
        else area.equivalent.keys() - {m.key for m in every}
    ):
        print("no such mutants:", *sorted(unknown), sep="\n  ")
        return 1
    chosen = counted
    if not given.all and len(counted) > given.sample:
        chosen = random.Random(SEED).sample(counted, given.sample)  # noqa: S311 - a fixed draw
    verdicts: list[Verdict] = []

    def tell(verdict: Verdict) -> None:
        verdicts.append(verdict)
        if not verdict.is_killed:
            line, _ = verdict.mutant.lines
            print(f"{verdict.how} ({verdict.tests} tests) line {line}: {verdict.mutant.key}")
        if given.verdicts:
            found = {"how": verdict.how, "test": verdict.test, "why": verdict.why}
            found["key"] = verdict.mutant.key
            with given.verdicts.open("a", encoding="utf-8") as file:
                file.write(json.dumps(found) + "\n")
        sys.stdout.flush()

    begun = time.monotonic()
    if failed := judge(area, tuple(chosen), given.processes, tell):
        print(f"{area.name}: these tests fail without any mutant:", *failed, sep="\n  ")
        return 1
    killed = sum(v.is_killed for v in verdicts)
    score = killed / len(verdicts) if verdicts else 0.0
    print(
        f"{area.name}: {killed} of {len(verdicts)} judged mutants killed ({score:.1%});"
        f" {len(every)} in all, {len(every) - len(counted)} of them equivalent;"
        f" {time.monotonic() - begun:.0f} s",
        flush=True,
    )
    return 0 if score >= BAR else 1


if __name__ == "__main__":
    sys.exit(main())

"""Proves the guards: each is removed in turn from a copy of the product, and a test must fail.

The table is tools/guards.yaml. A guard counts as caught when a test fails in its body, by an
assertion or by an error of the product's own family: a product that falls over (import, name or
type error, E-INTERNAL-01) has noticed nothing. In the end the tests that caught the guards are run
once more with all guards in place, where they must pass.

    python tools/guards.py            all guards, on two processes
    python tools/guards.py --list     their names and what they protect
    python tools/guards.py NAME ...   some of them

Exits with 0 only if every guard was caught.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT: Final = Path(__file__).resolve().parents[1]
TABLE: Final = ROOT / "tools" / "guards.yaml"
PRODUCT: Final = "signed_lambda"
PROCESSES: Final = 2
TIMEOUT_S: Final = 600
REGULAR: Final = frozenset({"AssertionError", "Failed", "DeployError"})
"""Failures that count: an assertion, `pytest.raises` without an error, an error told to users."""
TESTS_FAILED: Final = 1
"""Source: https://docs.pytest.org/en/stable/reference/exit-codes.html"""


class TableError(Exception):
    """The table does not fit the product: a text to remove is not there exactly once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """One check of the product, and how it is removed.

    Attributes:
        name: Short, unique.
        protects: What goes wrong without it, one sentence.
        file: In src/signed_lambda.
        old: Whole lines as they stand in the file, without their common indentation.
        new: What replaces them; "" removes them.
        tests: Arguments for pytest: files or tests.
    """

    name: str
    protects: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def removed_from(self, text: str) -> str:
        """The file's text without the guard.

        Raises:
            TableError: The lines do not stand in the text exactly once.
        """
        first, *more = self.old.rstrip("\n").split("\n")
        lines = [rf"(?P<indent>[ ]*){re.escape(first)}"]
        lines += [rf"(?P=indent){re.escape(line)}" if line else "" for line in more]
        found = list(re.finditer(rf"^{chr(10).join(lines)}\n", text, re.MULTILINE))
        if len(found) != 1:
            raise TableError(f"{self.name}: {self.file} holds the text {len(found)} times")
        new = textwrap.indent(self.new.rstrip("\n") + "\n", found[0]["indent"]) if self.new else ""
        return text[: found[0].start()] + new + text[found[0].end() :]


@dataclass(frozen=True, slots=True)
class Result:
    """What happened without a guard.

    Attributes:
        test: That failed, "" when the guard was not caught.
        trouble: Why it does not count as caught, "" when it does.
    """

    guard: Guard
    test: str
    trouble: str
    seconds: float


def read_table(path: Path = TABLE) -> tuple[Guard, ...]:
    """The guards of the table.

    Raises:
        TableError: Two have the same name.
    """
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    guards = tuple(
        Guard(**{"new": "", **item, "tests": tuple(item["tests"])}) for item in found["guards"]
    )
    names = [guard.name for guard in guards]
    if len(set(names)) != len(names):
        raise TableError(f"names are used twice: {sorted(n for n in names if names.count(n) > 1)}")
    return guards


def without(guard: Guard) -> tuple[Path, str]:
    """The file that holds the guard, and its text without it.

    Raises:
        TableError: The guard's text is not there exactly once, or what is left is no Python.
    """
    path = ROOT / "src" / PRODUCT / guard.file
    text = guard.removed_from(path.read_text(encoding="utf-8"))
    try:
        compile(text, str(path), "exec", dont_inherit=True)
    except SyntaxError as error:
        raise TableError(f"{guard.name}: what is left does not compile: {error}") from error
    return path, text


def table_faults(guards: Iterable[Guard]) -> tuple[str, ...]:
    """What does not fit the product, told before the first run."""
    faults = []
    for guard in guards:
        try:
            without(guard)
        except (TableError, OSError) as error:
            faults.append(str(error))
        faults += [f"{guard.name}: no {name}" for name in guard.tests if not _is_test(name)]
    return tuple(faults)


def _is_test(name: str) -> bool:
    """Whether there is such a file, and such a function in it where one is named."""
    file, _, function = name.partition("::")
    path = ROOT / file
    return path.exists() and (not function or f"def {function}(" in path.read_text("utf-8"))


def prove(guard: Guard) -> Result:
    """Removes the guard from a copy and runs its tests there."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="guards-") as folder:
        copy = Path(folder) / "src"
        _copy_sources(copy)
        path, text = without(guard)
        target = copy / path.relative_to(ROOT / "src")
        for compiled in target.parent.glob(f"__pycache__/{target.stem}.*"):
            compiled.unlink()
        target.write_text(text, encoding="utf-8")
        test, trouble = _caught(copy, guard.tests)
    return Result(guard, test, trouble, time.monotonic() - started)


def _copy_sources(copy: Path) -> None:
    """The copy keeps times, so that what was compiled before is used again."""
    shutil.copytree(ROOT / "src", copy, ignore=shutil.ignore_patterns("*.egg-info"))


def _caught(copy: Path, tests: Iterable[str]) -> tuple[str, str]:
    """The test that failed, and why that does not count, "" when it does."""
    report = copy.parent / "report.json"
    code, tail = _pytest(copy, report, ("-x", *tests))
    if code == 0:
        return "", "every test passed without it"
    if code != TESTS_FAILED or not report.exists():
        return "", f"pytest ended with {code}: {tail}"
    found = json.loads(report.read_text(encoding="utf-8"))
    if found["fell_over"] or not REGULAR & set(found["kinds"]) or found["when"] != "call":
        kind = found["kinds"][0] if found["kinds"] else "no error"
        return "", f"the product fell over in {found['test']} ({found['when']}, {kind})"
    return str(found["test"]), ""


def _pytest(copy: Path, report: Path, arguments: Iterable[str]) -> tuple[int, str]:
    """Exit code and last line of pytest over a copy of the sources."""
    environ = os.environ | {
        "PYTHONPATH": os.pathsep.join((str(copy), str(ROOT))),
        "GUARD_SOURCE": str(copy),
        "GUARD_REPORT": str(report),
    }
    options = ("-q", "-p", "no:cacheprovider", "-p", "tools.guard_probe", "-o", "pythonpath=")
    try:
        done = subprocess.run(
            (sys.executable, "-m", "pytest", *options, *arguments),
            cwd=ROOT,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        return -1, f"not ended after {TIMEOUT_S} s"
    lines = (done.stdout + done.stderr).strip().splitlines()
    return done.returncode, lines[-1] if lines else ""


def prove_all(guards: Iterable[Guard]) -> Iterator[Result]:
    """Results in the order of the table."""
    with ThreadPoolExecutor(PROCESSES) as pool:
        yield from pool.map(prove, guards)


def pass_with_all(tests: Iterable[str]) -> str:
    """Runs tests with all guards in place; "" when they pass, else pytest's last line."""
    with tempfile.TemporaryDirectory(prefix="guards-") as folder:
        copy = Path(folder) / "src"
        _copy_sources(copy)
        code, tail = _pytest(copy, Path(folder) / "report.json", tests)
    return "" if code == 0 else tail


def main(arguments: list[str] | None = None) -> int:
    """Runs what the arguments say; the exit code."""
    parser = argparse.ArgumentParser(description="Removes each guard in turn: a test must fail.")
    parser.add_argument("names", nargs="*", help="some guards only")
    parser.add_argument("--list", action="store_true", help="show the table")
    given = parser.parse_args(arguments)
    guards = read_table()
    if unknown := set(given.names) - {guard.name for guard in guards}:
        parser.error(f"no such guards: {', '.join(sorted(unknown))}")
    guards = tuple(g for g in guards if not given.names or g.name in given.names)
    if faults := table_faults(guards):
        print("\n".join(faults))
        return 1
    if given.list:
        for guard in guards:
            print(f"{guard.name:32} {guard.protects}")
        return 0
    return _report(prove_all(guards), len(guards))


def _report(results: Iterable[Result], total: int) -> int:
    """Prints the table as it grows; the exit code."""
    caught: list[str] = []
    print(f"{'guard':32} {'seconds':>7}  caught by")
    for result in results:
        told = result.test or f"NOT CAUGHT: {result.trouble}"
        print(f"{result.guard.name:32} {result.seconds:7.1f}  {told}", flush=True)
        caught += [result.test] if result.test else []
    broken = pass_with_all(dict.fromkeys(caught)) if caught else ""
    if broken:
        print(f"with all guards in place the same tests do not pass: {broken}")
    print(f"{len(caught)} of {total} guards caught")
    return 0 if len(caught) == total and not broken else 1


if __name__ == "__main__":
    sys.exit(main())

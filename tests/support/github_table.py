"""Prints how the cases of GitHub's side stand on both backends.

    PYTHONPATH=src python -m tests.support.github_table

A case is a test that runs over our own state and over npm `emulate`; its name says what it shows.
The exit code is pytest's.
"""

from __future__ import annotations

import collections
import contextlib
import io
import sys
from pathlib import Path
from typing import Final

import pytest

CASES: Final = Path(__file__).parents[1] / "unit" / "github"
BACKENDS: Final = ("own state", "emulate")


class Table:
    """A plugin of pytest that keeps what became of each test."""

    def __init__(self) -> None:
        self.backend: dict[str, str] = {}
        self.failed: dict[str, bool] = {}
        self.requests = 0
        self.violations = 0

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Which backend a test runs on; those of one backend only are no cases."""
        callspec = getattr(item, "callspec", None)
        if callspec is not None and "server" in callspec.params:
            self.backend[item.nodeid] = str(callspec.params["server"])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Its outcome: all three phases must pass, and the last tells the violations."""
        if report.nodeid not in self.backend:
            return
        self.failed[report.nodeid] = self.failed.get(report.nodeid, False) or not report.passed
        if report.when == "teardown":
            told = dict(report.user_properties)
            self.requests += int(str(told["requests"]))
            self.violations += int(str(told["violations"]))

    def lines(self) -> list[str]:
        """The table in Markdown, with its totals."""
        cells: dict[str, dict[str, list[bool]]] = collections.defaultdict(dict)
        for nodeid, failed in self.failed.items():
            case = nodeid.rpartition("::")[2].partition("[")[0].removeprefix("test_")
            cells[case].setdefault(self.backend[nodeid], []).append(failed)
        out = [f"| case | {' | '.join(BACKENDS)} |", "|:--|:--|:--|"]
        for case, by_backend in cells.items():
            shown = " | ".join(_cell(by_backend.get(b, [])) for b in BACKENDS)
            out.append(f"| {case.replace('_', ' ')} | {shown} |")
        green = sum(not failed for failed in self.failed.values())
        judged = f"{self.requests} requests checked against GitHub's own descriptions"
        total = f"{green} of {len(self.failed)} green; {judged}, {self.violations} violations"
        return [*out, "", total]


def _cell(failed: list[bool]) -> str:
    if not failed:
        return "-"
    times = f" ({len(failed)})" if len(failed) > 1 else ""
    return f"FAILED{times}" if any(failed) else f"ok{times}"


def main() -> int:
    """Runs the cases and prints."""
    table, log = Table(), io.StringIO()
    with contextlib.redirect_stdout(log):
        code = pytest.main(["-q", "-p", "no:cacheprovider", str(CASES)], plugins=[table])
    print("\n".join(table.lines()))  # noqa: T201 - prints by profession
    if code:
        print(log.getvalue())  # noqa: T201
    return int(code)


if __name__ == "__main__":
    sys.exit(main())

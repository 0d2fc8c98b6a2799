"""How long a report takes to render for everybody who reads it, at the size of a large function.

    .venv/bin/python bench/render.py

A plan of 10,000 changed files, 300 installed packages and 500 findings, rendered to comment, job
summary, log, annotations, outputs, JSON, SARIF and the plan's record (a check run's summary and the
list of files). Prints the median and the minimum of several runs, by renderer and in all.
"""

from __future__ import annotations

import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from signed_lambda.manifest import encode
from signed_lambda.model import Entry, Sha256
from signed_lambda.report.annotations import annotations
from signed_lambda.report.comment import render_comment, render_record
from signed_lambda.report.jsonreport import render_json
from signed_lambda.report.model import Comparison, DependencyMove, FileChange
from signed_lambda.report.outputs import outputs
from signed_lambda.report.sarif import render_sarif
from signed_lambda.report.summary import render_summary
from signed_lambda.report.text import render_text
from tests.unit.report.cases import CASES, LOOP

if TYPE_CHECKING:
    from collections.abc import Callable

    from signed_lambda.report.model import Report

FILES: Final = 10_000
FINDINGS: Final = 500
PACKAGES: Final = 300
RUNS: Final = 7


def large() -> Report:
    """The plan of a large function that changes as a whole."""
    files = tuple(
        FileChange(
            f"src/part{i % 97}/module_{i}.py",
            1_000 + i,
            2_000 + i,
            f"package{i % PACKAGES}" if i % 2 else "",
            in_pull_request=i % 3 == 0,
        )
        for i in range(FILES)
    )
    moves = tuple(
        DependencyMove(name=f"package{i}", before="1.0", after="1.1", files=17)
        for i in range(PACKAGES)
    )
    before = CASES["findings"].comparison
    assert isinstance(before, Comparison)
    return replace(
        CASES["findings"],
        comparison=replace(before, files=files, dependencies=moves),
        findings=tuple(
            replace(LOOP, path=f"src/part{i % 97}/module_{i}.py", line=i + 1, end_line=i + 3)
            for i in range(FINDINGS)
        ),
    )


def main() -> None:
    """Measures and prints."""
    report = large()
    entries = [
        Entry(
            name=f.name,
            kind="file",
            mode=0o644,
            size_bytes=f.after_bytes or 0,
            sha256=Sha256(i.to_bytes(32, "big")),
        )
        for i, f in enumerate(report.comparison.files if report.comparison else ())
    ]
    renderers: dict[str, Callable[[], object]] = {
        "comment": lambda: render_comment(report),
        "summary": lambda: render_summary(report),
        "log": lambda: render_text(report),
        "annotations": lambda: annotations(report),
        "outputs": lambda: outputs(report, comment_url="", report_path="", sarif_path=""),
        "JSON": lambda: render_json(report),
        "SARIF": lambda: render_sarif(report, {}),
        "record, summary": lambda: render_record(report),
        "record, files": lambda: encode(entries),
    }
    took: dict[str, list[float]] = {name: [] for name in renderers}
    for _ in range(RUNS):
        for name, render in renderers.items():
            start = time.perf_counter()
            render()
            took[name].append((time.perf_counter() - start) * 1000)
    print(f"{FILES:,} changed files, {PACKAGES} packages, {FINDINGS} findings, {RUNS} runs")
    print(f"{'renderer':<18}{'median ms':>10}{'minimum ms':>12}")
    for name, times in took.items():
        print(f"{name:<18}{statistics.median(times):>10.1f}{min(times):>12.1f}")
    whole = [sum(times[i] for times in took.values()) for i in range(RUNS)]
    print(f"{'all':<18}{statistics.median(whole):>10.1f}{min(whole):>12.1f}")


if __name__ == "__main__":
    main()

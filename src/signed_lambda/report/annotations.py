"""The report as annotations: what GitHub shows beside the code and at the top of the run.

Pure: imports this package's findings, story and model. (No `from __future__ import annotations`
here: the name is this module's one function.)
"""

from collections.abc import Iterable, Iterator
from typing import Final, Literal

from signed_lambda.lazy import dataclass
from signed_lambda.report import findings, story
from signed_lambda.report.model import Finding, Report

Level = Literal["error", "warning", "notice"]

MAX_A_LEVEL: Final = 9
"""GitHub shows 10 annotations of each level and step; the tenth says how many more there are.

Source: actions/runner 2.336.0, src/Runner.Worker/ExecutionContext.cs (10 of each type a step)
"""

_SEVERITY: Final[dict[str, Level]] = {
    "high": "error",
    "medium": "warning",
    "low": "notice",
    "ask": "notice",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """One annotation. Texts may hold foreign text; `runner` escapes them.

    Attributes:
        path: Of a file in the repository, "" for one that belongs to the run as a whole.
        line, end_line: From 1; 0 without a path.
    """

    level: Level
    message: str
    title: str = ""
    path: str = ""
    line: int = 0
    end_line: int = 0


def annotations(report: Report, said: Iterable[Annotation] = ()) -> tuple[Annotation, ...]:
    """At most 9 + 1 of each level, worst first; of findings that nobody allowed.

    A finding names its file only when the file is one of the repository.

    Args:
        report: Of the run.
        said: What else is to be shown of the run: it is counted too.
    """
    out: list[Annotation] = []
    of_run = [*_verdict(report), *_problems(report), *_warnings(report)]
    everything = [*of_run, *said, *_findings(report)]
    for level in ("error", "warning", "notice"):
        mine = [a for a in everything if a.level == level]
        out += mine[:MAX_A_LEVEL]
        more = len(mine) - MAX_A_LEVEL
        if more > 0:
            text = f"and {story.count(more, 'more ' + level)}: see the job summary and the log"
            out.append(mine[-1] if more == 1 else Annotation(level=level, message=text))
    return tuple(out)


def _problems(report: Report) -> Iterator[Annotation]:
    for problem in report.problems:
        left = f"\nWhat stands: {story.sentence(report.left)}" if report.left else ""
        what, do = story.sentence(problem.what), story.sentence(problem.do)
        yield Annotation(
            level="error", title=f"{problem.id}: {_subject(report)}", message=f"{what} {do}{left}"
        )


def _warnings(report: Report) -> Iterator[Annotation]:
    for warning in report.warnings:
        yield Annotation(level="warning", title=_subject(report), message=story.sentence(warning))


def _findings(report: Report) -> Iterator[Annotation]:
    for finding in findings.ranked(report):
        if finding.allowed is None:
            yield _finding(report, finding)


def _finding(report: Report, finding: Finding) -> Annotation:
    path = findings.repository_path(report, finding)
    place = "" if path else f" ({finding.path}:{finding.line})"
    loop = f"\nLoop: {' -> '.join(finding.cycle)}" if finding.cycle else ""
    return Annotation(
        level=_SEVERITY[finding.severity],
        title=f"{finding.rule} ({finding.severity})",
        message=f"{finding.message}{place}{loop}\n{finding.fix}".rstrip(),
        path=path,
        line=finding.line if path else 0,
        end_line=finding.end_line if path else 0,
    )


def _verdict(report: Report) -> Iterator[Annotation]:
    """One notice with the verdict, when nothing blocks: errors say it themselves."""
    if report.outcome not in story.BLOCKED:
        headline = f"{story.target(report)}: {story.headline(report)}"
        yield Annotation(level="notice", message=headline.replace("`", ""))


def _subject(report: Report) -> str:
    return story.target(report).replace("`", "")

"""The report as plain text: the last thing in the log, read at night by somebody in a hurry.

The verdict first, then problems with what to do, then the chain, the steps, what was left out, and
how to go back. At most 100 columns, no colours, no pictograms.

Pure: imports this package's escape, findings, others, releases, story and model.
"""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Final

from signed_lambda.report import escape, findings, others, releases, story
from signed_lambda.report.model import Link, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from signed_lambda.report.model import (
        Comparison,
        Fact,
        PackageSummary,
        Report,
        Review,
    )

WIDTH: Final = 100
_MAX_LEFT_OUT: Final = 40
_MAX_CHANGES: Final = 40
_MAX_FINDINGS: Final = 50
_MAX_OTHERS: Final = 20
_MAX_RELEASES: Final = 60
_CLIP: Final = 2_000

_STATUS: Final = {
    Status.OK: "ok",
    Status.WARNING: "WARNING",
    Status.SKIPPED: "skipped",
    Status.FAILED: "FAILED",
}


def render_text(report: Report) -> str:
    """The report as lines of at most 100 columns, each of them safe to print.

    Every line has passed `escape.log`: no line is a command for the runner.
    """
    blocks = [
        _verdict(report),
        _problems(report),
        _chain(report),
        _releases(report),
        _findings(report),
        _others(report),
        _changes(report.comparison) if report.comparison else [],
        _differing(report.review) if report.review else [],
        _steps(report.facts, report.took_s),
        _package(report.package) if report.package else [],
        _undo(report),
        _where(report),
    ]
    return "\n\n".join("\n".join(block) for block in map(list, blocks) if block) + "\n"


def _verdict(report: Report) -> Iterator[str]:
    target = story.target(report).replace("→", "->").replace("`", "")
    yield from _wrap(f"{report.outcome.upper()}: {target}: {story.headline(report)}")
    for warning in report.warnings:
        yield from _wrap(f"WARNING: {story.sentence(warning)}")
    yield from _wrap(story.meaning(report))
    if report.reason.strip():
        yield from _wrap(f"Reason given: {report.reason}")


def _problems(report: Report) -> Iterator[str]:
    for problem in report.problems:
        yield from _wrap(f"{problem.id}: {story.sentence(problem.what)}")
        if problem.do:
            yield from _wrap(f"What to do: {story.sentence(problem.do)}", indent=4)
    if report.problems and report.left:
        yield from _wrap(f"What stands: {story.sentence(report.left)}")


def _chain(report: Report) -> Iterator[str]:
    if not any(link.equals for link in report.links):  # nothing was compared yet
        return
    ends = report.outcome in story.BLOCKED
    state = "as far as it came" if ends else "all hold"
    yield f"Hash chain ({state}), SHA-256 in base64:"
    if report.review is not None and report.review.same and report.review.build_sha256:
        name = f"Build reviewed in pull request {report.review.pull_request}"
        yield from _link(
            Link(name=name, sha256=report.review.build_sha256, equals="the build packed now")
        )
    for link in report.links:
        yield from _link(link)
    if ends:
        yield "  xx  the chain ends here"


def _link(link: Link) -> Iterator[str]:
    equals = f" = {link.equals}" if link.equals else ""
    name = escape.log(escape.clip(link.name + equals, 200))
    mark = "==" if link.equals else "--"
    if len(name) <= WIDTH - 52:  # two marks, four blanks, 44 characters of the hash, two blanks
        yield f"  {mark}  {name:<{WIDTH - 52}}  {link.sha256.b64}"
        return
    yield from _wrap(f"{mark}  {name}", indent=2, hanging=4)
    yield f"{link.sha256.b64:>{WIDTH - 2}}"


def _releases(report: Report) -> Iterator[str]:
    if report.releases:
        yield "Versions, newest first:"
    for line in releases.lines(report, _MAX_RELEASES):
        yield from _wrap(line.strip(), indent=2 + len(line) - len(line.lstrip()))


def _findings(report: Report) -> Iterator[str]:
    if not report.findings:
        return
    yield f"Findings of the static review ({findings.totals(report)}):"
    ranked = findings.ranked(report)
    for f in ranked[:_MAX_FINDINGS]:
        said = f" ({f.allowed_at})" if f.allowed_at else ""
        reason = f.allowed or "no reason given"
        allowed = f" [allowed: {reason}{said}]" if f.allowed is not None else ""
        yield from _wrap(
            f"{f.severity}  {f.rule}  {f.path}:{f.line}  {f.message}{allowed}", indent=2
        )
        if f.cycle:
            yield from _wrap(f"loop: {' -> '.join(f.cycle)}", indent=6)
        if f.fix and f.allowed is None:
            yield from _wrap(f"change: {f.fix}", indent=6)
    if len(ranked) > _MAX_FINDINGS:
        yield f"  and {len(ranked) - _MAX_FINDINGS:,} more: see the JSON report"


def _others(report: Report) -> Iterator[str]:
    if report.other_reviews:
        yield "Findings of other reviewers, which block nothing:"
    for line in others.plain(report, _MAX_OTHERS):
        indent = 2 + len(line) - len(line.lstrip())
        yield from _wrap(line.strip(), indent=indent)


def _changes(comparison: Comparison) -> Iterator[str]:
    """What a deploy would change, a line each."""
    yield f"Changes against live version {escape.log(escape.clip(comparison.version, 40))}:"
    for move in comparison.dependencies[:_MAX_CHANGES]:
        versions = f"{move.before or 'not there'} -> {move.after or 'not there'}"
        yield from _wrap(
            f"dependency {move.name}: {versions}, {story.count(move.files, 'file')}", indent=2
        )
    own = [f for f in comparison.files if not f.dependency]
    for change in own[:_MAX_CHANGES]:
        yield from _wrap(f"{change.what:<8}  {change.name}", indent=2, hanging=12)
    more = len(own) - _MAX_CHANGES
    if more > 0:
        yield f"  and {more:,} more files: see the JSON report"
    for member in comparison.configuration[:_MAX_CHANGES]:
        yield from _wrap(f"configuration: {member}", indent=2)
    if not (comparison.files or comparison.configuration):
        yield "  none"


def _differing(review: Review) -> Iterator[str]:
    """How the build differs from the one that was reviewed."""
    if review.same or review.build_sha256 is None:
        return
    yield f"Reviewed in pull request {review.pull_request}: build {review.build_sha256.hex}"
    for found in review.differing[:_MAX_CHANGES]:
        yield from _wrap(f"{found.what:<8}  {found.name}", indent=2, hanging=12)
    more = len(review.differing) - _MAX_CHANGES
    if more > 0:
        yield f"  and {more:,} more: see the JSON report"


def _steps(facts: Iterable[Fact], took_s: float) -> Iterator[str]:
    rows = list(facts)
    if not rows:
        return
    yield f"Steps ({story.seconds(took_s)} in all):"
    for fact in rows:
        took = story.seconds(fact.took_s) if fact.took_s is not None else ""
        yield from _wrap(
            f"{_STATUS[fact.status]:<7} {took:>11}  {fact.title}: {fact.proof}",
            indent=2,
            hanging=21,
        )


def _package(package: PackageSummary) -> Iterator[str]:
    yield from _wrap(
        f"Package: {story.count(package.files, 'file')}, {story.size(package.unzipped_bytes)}; "
        f"zipped {story.size(package.size_bytes)} with {package.codec}."
    )
    for note in package.notes:
        yield from _wrap(f"note: {note}", indent=2)
    if package.left_out:
        yield f"  left out ({len(package.left_out):,}):"
        kinds = story.left_out(package)
        for item, more in kinds[:_MAX_LEFT_OUT]:
            rest = f" and {more:,} more" if more else ""
            yield from _wrap(f"{item.name}{rest} ({item.reason})", indent=4)
        if len(kinds) > _MAX_LEFT_OUT:
            yield f"    and {len(kinds) - _MAX_LEFT_OUT:,} more: see the JSON report"
    if package.advice:
        yield from _wrap(f"{story.advice(package)}, by these lines of `exclude`:", indent=2)
        for advice in package.advice:
            told = f"{story.size(advice.size_bytes)} in {story.count(advice.files, 'file')}"
            yield from _wrap(f"{advice.exclude}  ({advice.what}: {told})", indent=4)


def _undo(report: Report) -> Iterator[str]:
    undo = story.undo(report)
    if undo is None:
        return
    if undo.command:
        yield f"Undo, back to version {escape.log(undo.version)}:"
        yield from _continued(escape.log(undo.command))
    else:
        yield from _wrap(f"Undo: run this action with command: rollback and to: {undo.version}.")


def _where(report: Report) -> Iterator[str]:
    run = report.run
    parts = [f"{report.started_at:%Y-%m-%d %H:%M} UTC"]
    parts += [f"commit {run.commit[:40]}"] if run.commit and report.build_sha256 else []
    parts += [f"signed-lambda-deploy {report.action_version}".rstrip()]
    yield from _wrap(", ".join(parts))
    if url := story.run_url(run):
        yield url


def _continued(command: str) -> list[str]:
    """A shell command in lines that can be copied as they are, broken before its fields."""
    lines = ["  "]
    for part in re.split(r" (?=-f )", command):
        joined = f"{lines[-1]} {part}" if lines[-1].strip() else f"{lines[-1]}{part}"
        if len(joined) <= WIDTH - 2:
            lines[-1] = joined
        else:
            lines.append(f"    {part}")
    return [f"{line} \\" for line in lines[:-1]] + lines[-1:]


def _wrap(text: str, *, indent: int = 0, hanging: int | None = None) -> list[str]:
    """The text in lines of at most `WIDTH` columns, each of them passed through `escape.log`."""
    blank = " " * indent
    safe = escape.log(escape.clip(" ".join(text.split("\n")), _CLIP))
    lines = textwrap.wrap(
        safe,
        WIDTH,
        initial_indent=blank,
        subsequent_indent=" " * (indent + 2 if hanging is None else hanging),
        break_on_hyphens=False,
    )
    return [escape.log(line) for line in lines]

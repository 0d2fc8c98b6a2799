"""The report as Markdown, for the pull-request comment and the job summary alike.

A reader with thirty seconds reads the first lines: verdict, what it means, which bytes. Then one
alert, only when something blocks; the chain; and folded away what is read on purpose. Paragraphs
are parted by blank lines, because a comment breaks lines where a summary does not.

A document that is too long loses whole parts in a fixed order, and says which and how many; the
verdict and the hashes go last. Nothing is cut in the middle.

Pure: imports this package's escape, story, findings and model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import dataclass
from signed_lambda.report import (
    checks,
    comparison,
    escape,
    findings,
    hashes,
    others,
    plan,
    releases,
    review,
    story,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from signed_lambda.errors import Problem
    from signed_lambda.report.model import Fact, Link, PackageSummary, Report

MIN_LIMIT_BYTES: Final = 4_000
"""Below this not even verdict and hashes fit."""

_MAX_PROBLEMS: Final = 8
_SEVERAL: Final = 2
"""So many checks have a table, in place of the steps."""
_MAX_WARNINGS: Final = 8
_MAX_LINKS: Final = 24
_MAX_LEFT_OUT: Final = 40
_CLIP: Final = 700
"""Characters of one foreign sentence; an error of Lambda with its whole context has about 300."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """What a document of a certain length holds; a ladder goes from all to the least.

    Attributes:
        findings: At most so many, worst first, and as many of other reviewers.
        files: At most so many of the files that a deploy would change.
        steps, package: Whether these parts are there.
        details: False: verdict and hashes only.
    """

    findings: int
    files: int = 40
    steps: bool = True
    package: bool = True
    details: bool = True


def document(report: Report, *, ladder: Sequence[Rung], limit_bytes: int, above: str = "") -> str:
    """The report, as long as the limit allows.

    Args:
        report: To be shown.
        ladder: From the longest document to the shortest.
        limit_bytes: Of the UTF-8 text, `above` included; at least `MIN_LIMIT_BYTES`.
        above: A first line that is not text for the reader.

    Raises:
        ValueError: The limit is too small for any document.
    """
    if limit_bytes < MIN_LIMIT_BYTES:
        raise ValueError(f"a report needs {MIN_LIMIT_BYTES} bytes, not {limit_bytes}")
    for rung in ladder:
        out = above + _render(report, rung)
        if len(out.encode()) <= limit_bytes:
            return out
    return above + _least(report)


def _render(report: Report, rung: Rung) -> str:
    planned = report.command == "plan"
    parts: list[str] = [_heading(report), *_warnings(report), _first_line(report)]
    if not rung.details:
        parts += [_problem_ids(report), _identity(report), _in_short(report)]
        parts.append(hashes.section(report))
    else:
        parts += [
            _identity(report),
            _in_short(report),
            review.warning(report),
            _alert(report, with_findings=rung.findings > 0),
            *([] if planned else [_totals(report), _undo(report)]),
            checks.section(report, rung.files),
            plan.checks(report) if planned else _chain(report),
            releases.section(report, rung.files),
            findings.section(report, rung.findings),
            review.section(report.review, rung.files) if report.review else "",
            comparison.section(report.comparison, rung.files) if report.comparison else "",
            _steps(report.facts, report.took_s)
            if rung.steps and not planned and len(report.checks) < _SEVERAL
            else "",
            _package(report.package) if rung.package and report.package else "",
            _advice(report.package) if rung.package and report.package else "",
            hashes.section(report),
            *([plan.on_merge(report), _undo(report)] if planned else []),
        ]
    parts += [_dropped(report, rung), _footer(report)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _least(report: Report) -> str:
    """Verdict and the two hashes, of bounded length whatever the names are."""
    hashes = [
        f"{name} `{sha.b64}`"
        for name, sha in (("build", report.build_sha256), ("code", report.code_sha256))
        if sha
    ]
    name = escape.code(escape.clip(report.function_name, 64))
    lines = [
        f"### {story.mark(report)} {name}: {report.outcome}",
        ", ".join(hashes),
        "The report is too long to be shown here: see the log of the run.",
    ]
    return "\n\n".join(line for line in lines if line) + "\n"


def _heading(report: Report) -> str:
    """The verdict first: a phone shows it without scrolling, a mail's subject line with it."""
    told = report.outcome in ("refused", "failed") and report.command != "plan"
    verdict = f"{report.outcome}, {story.headline(report)}" if told else story.headline(report)
    what = f"{verdict[:1].upper()}{verdict[1:]}: {story.target(report)}"
    return f"### {story.mark(report)} {escape.prose(what)}"


def _warnings(report: Report) -> list[str]:
    shown = report.warnings[:_MAX_WARNINGS]
    out = [f"⚠️ **Warning:** {_prose(story.sentence(warning))}" for warning in shown]
    more = len(report.warnings) - _MAX_WARNINGS
    return [*out, f"⚠️ and {story.count(more, 'more warning')} in the log."] if more > 0 else out


def _first_line(report: Report) -> str:
    return f"**{_meaning(report)}**" if report.command == "plan" else _meaning(report)


def _in_short(report: Report) -> str:
    """The changes and the review, a line each."""
    lines = list(comparison.headlines(report.comparison)) if report.comparison else []
    if report.command == "plan" and report.findings:
        lines.append(f"**Static review:** {findings.totals(report)}.")
    if report.command == "plan" and report.other_reviews:
        lines.append(others.headline(report))
    return "\n".join(f"- {line}" for line in lines)


def _meaning(report: Report) -> str:
    reason = (
        f" Reason given: {_prose(story.sentence(report.reason))}" if report.reason.strip() else ""
    )
    return escape.prose(escape.clip(story.meaning(report), _CLIP)) + reason


def _identity(report: Report) -> str:
    """Which bytes: claims that they run only where the alias was read to run them."""
    build, code = report.build_sha256, report.code_sha256
    if build is None and code is None:
        return ""
    what = []
    if build is not None:
        what.append(f"build {hashes.short(build)}{_of_commit(report)}")
        if code is not None and code != build:
            what.append(f"signed as {hashes.short(code)}")
        if code is not None and report.version:
            what.append(f"which is `CodeSha256` of version {escape.prose(report.version)}")
    elif code is not None:
        what.append(
            f"{hashes.short(code)} is `CodeSha256` of version {escape.prose(report.version)}"
        )
        what += _recorded_build(report)
    line = f"**{_opening(report)}** {', '.join(what)}."
    return f"{line} {escape.prose(story.covers(report))}" if story.covers(report) else line


def _recorded_build(report: Report) -> Iterable[str]:
    """The build and its commit at a promotion: as the other version's record says."""
    came_from = report.came_from
    if came_from is None:
        return
    url = story.commit_page(report.run, came_from.commit)
    commit = f" of commit [`{came_from.commit[:7]}`]({url})" if url else ""
    name = escape.code(escape.clip(came_from.function_name, 64))
    yield (
        f"signed from build {hashes.short(came_from.build_sha256)}{commit}, as {name} records it"
    )


def _opening(report: Report) -> str:
    if story.holds(report):
        if report.review is not None and report.review.same:
            return "What runs is what was reviewed:"
        built = report.build_sha256 is not None
        return "What runs is what was built:" if built else "What runs was hashed again:"
    if report.command == "history":
        return "What runs, as Lambda tells it:"
    return "This review covers" if report.command == "plan" else "This was about:"


def _of_commit(report: Report) -> str:
    url = story.commit_url(report.run)
    return f" of commit [`{report.run.commit[:7]}`]({url})" if url else ""


def _totals(report: Report) -> str:
    own = f"**Static review:** {findings.totals(report)}." if report.findings else ""
    return "\n\n".join(line for line in (own, others.headline(report)) if line)


def _alert(report: Report, *, with_findings: bool) -> str:
    """One alert, only when something blocks: id, what, what to do, what stands.

    Args:
        report: To be shown.
        with_findings: The findings are shown below, each with what to do.
    """
    if not report.problems:
        return ""
    shown = report.problems[:_MAX_PROBLEMS]
    parts = [p for problem in shown for p in _problem(problem, with_findings=with_findings)]
    more = len(report.problems) - len(shown)
    if more:
        parts.append(f"and {story.count(more, 'more problem')} in the log.")
    if report.left and report.command != "plan":
        parts.append(f"**What stands:** {_prose(story.sentence(report.left))}")
    return "> [!CAUTION]\n" + "\n>\n".join(f"> {part}" for part in parts)


def _problem(problem: Problem, *, with_findings: bool) -> Iterable[str]:
    what = f"**{problem.id}:** {_prose(story.sentence(problem.what))}"
    if problem.id == "E-SCAN-01" and with_findings:
        yield f"{what} See the finding below."
        return
    yield what
    if problem.do:
        yield f"**What to do:** {_prose(story.sentence(problem.do))}"


def _problem_ids(report: Report) -> str:
    return ", ".join(f"**{p.id}**" for p in report.problems[:_MAX_PROBLEMS])


def _undo(report: Report) -> str:
    undo = story.undo(report)
    if undo is None:
        return ""
    label = "Undo afterwards" if report.command == "plan" else "Undo"
    if not undo.command:
        to = escape.code(f"to: {undo.version}")
        return f"**{label}:** run this action with `command: rollback` and {to}."
    command = undo.command.replace(" -f ", " \\\n  -f ")
    return f"**{label}:** back to version {escape.prose(undo.version)} ([open]({undo.url}))\n\n" + (
        escape.fence(command, "sh")
    )


def _chain(report: Report) -> str:
    """The table of links; the mark comes first, so that a phone shows it without scrolling."""
    if not any(link.equals for link in report.links):  # nothing was compared yet
        return ""
    rows = ["| | Link in the chain | SHA-256 |", "|:-:|:--|:--|"]
    links = [_link(link) for link in report.links[:_MAX_LINKS]]
    rows += [*links[:1], *review.chain_row(report), *links[1:]]
    more = len(report.links) - _MAX_LINKS
    if more > 0:
        rows.append(f"| ✅ | and {story.count(more, 'more link')}, all equal | |")
    if report.outcome in story.BLOCKED:
        rows.append("| ⛔ | **the chain ends here** | |")
    return "\n".join(rows)


def _link(link: Link) -> str:
    name = escape.prose(escape.clip(link.name, 200)) or "–"  # noqa: RUF001 - a dash
    equals = f" = {escape.prose(escape.clip(link.equals, 200))}" if link.equals else ""
    return f"| {'✅' if link.equals else 'start'} | {name}{equals} | {hashes.short(link.sha256)} |"


def _steps(facts: Sequence[Fact], took_s: float) -> str:
    if not facts:
        return ""
    lines = [
        plan.line(f, "" if f.took_s is None else f" ({story.seconds(f.took_s)})") for f in facts
    ]
    return _folded(f"Steps ({len(facts)}, {story.seconds(took_s)})", "\n".join(lines))


def _package(package: PackageSummary) -> str:
    unzipped, zipped = story.size(package.unzipped_bytes), story.size(package.size_bytes)
    files = story.count(package.files, "file")
    lines = [f"{files}, {unzipped}; zipped {zipped} with {escape.prose(package.codec)}."]
    lines += [f"- ⚠️ {_prose(note)}" for note in package.notes[:_MAX_WARNINGS]]
    left_out = package.left_out
    if left_out:
        kinds = story.left_out(package)
        rows = [
            f"- {escape.code(escape.clip(x.name, 200))}{_more_of_it(more)}: {_WHY[x.reason]}"
            for x, more in kinds[:_MAX_LEFT_OUT]
        ]
        more = len(kinds) - _MAX_LEFT_OUT
        rows += [f"- and {more:,} more: see the JSON report"] if more > 0 else []
        lines.append("Left out:\n\n" + "\n".join(rows))
    title = f"Package ({story.count(package.files, 'file')}"
    return _folded(
        title + (f", {len(left_out):,} left out)" if left_out else ")"), "\n\n".join(lines)
    )


def _more_of_it(more: int) -> str:
    return f" and {more:,} more" if more else ""


def _advice(package: PackageSummary) -> str:
    """What could be left out, with the lines that do it; "" when nothing is worth it."""
    if not package.advice:
        return ""
    rows = [
        f"- {story.size(x.size_bytes)} ({story.size(x.zipped_bytes)} zipped) in"
        f" {story.count(x.files, 'file')}: {_prose(x.what)}"
        for x in package.advice
    ]
    lines = escape.fence("\n".join(x.exclude for x in package.advice))
    return _folded(
        story.advice(package),
        "\n".join(rows)
        + "\n\nNothing of it was left out. If the function does not read it at run time, these"
        " lines of `exclude` (or of `.lambdaignore`) leave it out; the build's hash changes then."
        f"\n\n{lines}",
    )


_WHY: Final = {
    "secret": "looks like a secret",
    "pattern": "a pattern says so",
    "bytecode": "bytecode, made anew by Lambda",
    "empty-folder": "an empty folder",
    "control-file": "a file for this action",
}


def _dropped(report: Report, rung: Rung) -> str:
    """Names and counts of the parts that this document leaves out."""
    gone: list[str] = []
    if report.facts and len(report.checks) < _SEVERAL and not (rung.steps and rung.details):
        gone.append(story.count(len(report.facts), "step"))
    if report.package and not (rung.package and rung.details):
        gone.append("the package's details")
    if report.comparison and report.comparison.files and not (rung.files and rung.details):
        gone.append(story.count(len(report.comparison.files), "changed file"))
    if report.releases and not (rung.files and rung.details):
        gone.append(story.count(len(report.releases), "version"))
    if len(report.checks) > 1 and not rung.details:
        gone.append(story.count(len(report.checks), "line of the table", "lines of the table"))
    hidden = len(report.findings) - (rung.findings if rung.details else 0)
    if hidden > 0:
        gone.append(story.count(hidden, "finding"))
    if others.total(report) and not (rung.findings and rung.details):
        gone.append(f"{others.total(report):,} of other reviewers")
    if report.links and not rung.details:
        gone.append(story.count(len(report.links), "link"))
    if not gone:
        return ""
    url = story.run_url(report.run)
    where = f"[the run]({url})" if url else "the run"
    what = ", ".join(gone)
    return f"Left out here for length: {what}. The JSON report and the log of {where} have them."


def _footer(report: Report) -> str:
    run = report.run
    parts = []
    if url := story.run_url(run):
        parts.append(f"[run {run.run_id}]({url})")
        parts += [f"attempt {run.attempt}"] if run.attempt > 1 else []
    if report.build_sha256 is not None and (url := story.commit_url(run)):
        parts.append(f"commit [`{run.commit[:7]}`]({url})")
    parts.append(f"{report.started_at:%Y-%m-%d %H:%M} UTC")
    parts.append(f"took {story.seconds(report.took_s)}")
    version = f" {escape.prose(report.action_version)}" if report.action_version else ""
    parts.append(f"signed-lambda-deploy{version}")
    return f"<sub>{' · '.join(parts)}</sub>"


def _folded(title: str, body: str) -> str:
    return f"<details><summary><b>{title}</b></summary>\n\n{body}\n\n</details>"


def _prose(sentence: str) -> str:
    return escape.prose(escape.clip(sentence, _CLIP))

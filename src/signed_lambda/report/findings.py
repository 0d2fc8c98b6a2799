"""Findings of the static review as Markdown: the fact, the loop, the way out.

Each loop is one line of text (mails show no diagrams) and one mermaid diagram with plain labels:
GitHub's renderer does not take HTML in them.

Pure: imports this package's escape, others, story and model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.report import escape, others, story

if TYPE_CHECKING:
    from signed_lambda.report.model import Finding, Report

SEVERITIES: Final = ("high", "medium", "low", "ask")
"""Worst first."""

_MARKS: Final = {"high": "❌", "medium": "⚠️", "low": "🔹", "ask": "❔"}
ALLOWED: Final = "📝"
_WHOLE: Final = 50
"""So many are shown with loop, diagram and evidence; the others, and allowed ones, are a line."""
_MAX_NODES: Final = 12
_MAX_EVIDENCE: Final = 12
_CLIP: Final = 500
_AROUND: Final = 2
"""Lines of code that are shown above and below a finding."""
_MAX_LINES: Final = 12
_MAX_PATH: Final = 300
"""Characters of a path that gets a link: in an address each of them can take nine."""


def ranked(report: Report) -> tuple[Finding, ...]:
    """All findings: those that nobody allowed first, of them loops first, then the worst."""
    return tuple(
        sorted(
            report.findings,
            key=lambda f: (
                f.allowed is not None,
                not is_loop(f),
                SEVERITIES.index(f.severity),
                f.path,
                f.line,
                f.rule,
            ),
        )
    )


def is_loop(finding: Finding) -> bool:
    """Whether it is about a function that starts itself, else about the code's quality."""
    return finding.rule.startswith("REC-")


def repository_path(report: Report, finding: Finding) -> str:
    """Path of the finding's file in the repository, "/"-separated.

    "" when the source is not a folder of the repository, or the path could lead elsewhere.
    """
    root = report.package.repo_root if report.package else None
    if root is None:
        return ""
    path = f"{root}/{finding.path}" if root else finding.path
    return "" if {"", ".", ".."} & set(path.split("/")) else path


def section(report: Report, at_most: int) -> str:
    """The findings, worst first, then other reviewers'; "" when none may be shown or there is none.

    Args:
        report: Holds the findings.
        at_most: So many are shown, the first ones with all that is known of them; and as many of
            other reviewers.
    """
    shown = ranked(report)[:at_most]
    unallowed = [f for f in shown if f.allowed is None]
    more = [*unallowed[_WHOLE:], *(f for f in shown if f.allowed is not None)]
    parts = [*(_block(report, f) for f in unallowed[:_WHOLE]), _lines(more)]
    parts += others.blocks(report, at_most)
    blocks = "\n\n".join(part for part in parts if part)
    if not blocks:
        return ""
    worst = any(f.severity == "high" and f.allowed is None for f in shown)
    is_open = " open" if worst else ""
    foreign = others.total(report)
    also = f"; {foreign:,} of other reviewers" if foreign else ""
    title = f"Findings ({totals(report)}{also})"
    return f"<details{is_open}><summary><b>{title}</b></summary>\n\n{blocks}\n\n</details>"


def _lines(more: list[Finding]) -> str:
    """Findings in short: a page with hundreds of diagrams is no help to anybody."""
    lines = []
    for f in more:
        mark = ALLOWED if f.allowed is not None else _MARKS[f.severity]
        place = escape.code(f"{escape.clip(f.path, 200)}:{f.line}")
        rule = escape.prose(escape.clip(f.rule, 60))
        allowed = "" if f.allowed is None else f"{_allowance(f.allowed, f.allowed_at)} "
        lines.append(f"- {mark} {rule} · {place}: {allowed}{_prose(f.message)}")
    return "\n".join(lines)


def _allowance(reason: str, place: str) -> str:
    said = f" ({escape.code(escape.clip(place, 200))})" if place else ""
    return f"**Allowed{said}:** {story.sentence(_prose(reason) or 'no reason given')}"


def totals(report: Report) -> str:
    """Counts in words: "1 high, 2 medium, 1 allowed"; "none" without findings."""
    counts = [
        (sum(f.severity == s and f.allowed is None for f in report.findings), s) for s in SEVERITIES
    ]
    counts.append((sum(f.allowed is not None for f in report.findings), "allowed"))
    return ", ".join(f"{n:,} {name}" for n, name in counts if n) or "none"


def _block(report: Report, finding: Finding) -> str:
    rule = escape.prose(escape.clip(finding.rule, 60))
    ask = " (please check)" if finding.certainty == "ask" else ""
    where = _where(report, finding)
    parts = [
        f"#### {_MARKS[finding.severity]} {rule} · {finding.severity}{ask} · {where}",
        _prose(finding.message),
        _snippet(report, finding),
    ]
    if finding.cycle:
        nodes = " → ".join(escape.code(escape.clip(n, 80)) for n in finding.cycle[: _MAX_NODES + 1])
        parts += [f"Loop: {nodes}", _diagram(finding)]
    evidence = [f"- {_prose(e)}" for e in finding.evidence[:_MAX_EVIDENCE]]
    parts.append("\n".join(evidence))
    if finding.fix:
        parts.append(f"**What to change:** {_prose(finding.fix)}")
    stops = [_prose(story.sentence(finding.aws_why))] if finding.aws_why else []
    guard = finding.guard_seen
    stops += [f"Guard: {_prose(guard)}"] if guard else []
    parts.append(" ".join(stops))
    return "\n\n".join(p for p in parts if p)


def _where(report: Report, finding: Finding) -> str:
    """The place, as a permanent link when the file is known to be one of the repository."""
    place = escape.code(f"{escape.clip(finding.path, 200)}:{finding.line}")
    url = _permalink(report, finding, around=0)
    return f"[{place}]({url})" if url else place


def _snippet(report: Report, finding: Finding) -> str:
    """The address alone on its line, which GitHub shows as the code itself."""
    if finding.severity not in ("high", "medium") or not is_loop(finding):
        return ""  # a line with a credential must not be shown once more
    return _permalink(report, finding, around=_AROUND)


def _permalink(report: Report, finding: Finding, *, around: int) -> str:
    path = repository_path(report, finding)
    if not path or len(path) > _MAX_PATH:
        return ""
    first = max(finding.line - around, 1)
    last = min(max(finding.line, finding.end_line), finding.line + _MAX_LINES) + around
    return story.file_url(report.run, path, first, last if around else finding.end_line)


def _diagram(finding: Finding) -> str:
    """A mermaid flowchart of the cycle; the closing edge is drawn thick."""
    names = list(dict.fromkeys(finding.cycle))[:_MAX_NODES]
    ids = {name: f"n{i}" for i, name in enumerate(names)}
    lines = ["flowchart TB"]
    lines += [f'  {ids[n]}["{escape.mermaid_label(n)}"]' for n in names]
    edges = [
        (a, b)
        for a, b in zip(finding.cycle, finding.cycle[1:], strict=False)
        if a in ids and b in ids
    ]
    lines += [
        f"  {ids[a]} {'==>' if i == len(edges) - 1 else '-->'} {ids[b]}"
        for i, (a, b) in enumerate(edges)
    ]
    return escape.fence("\n".join(lines), "mermaid")


def _prose(sentence: str) -> str:
    return escape.prose(escape.clip(sentence, _CLIP))

"""The findings as SARIF 2.1.0, for GitHub's code scanning and for editors.

Pure: imports this package's escape, findings, marker, rulepage, story and model. Must never be
uploaded for a run that reviewed nothing (`was_reviewed`): GitHub closes the alerts of a category
that a new file no longer has.

Source: https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import dataclass, regex
from signed_lambda.report import escape, findings, story
from signed_lambda.report.marker import Marker
from signed_lambda.report.rulepage import RulePage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from signed_lambda.report.model import Finding, Report, Severity

MAX_RESULTS: Final = 5_000
"""GitHub refuses a run of more than 25,000 results and stores the first 5,000 by severity.

The other limits cannot be reached: 20 runs a file (one here), 25,000 rules a run (at most one a
result, and those installed), 1,000 locations a result (one here), 20 tags a rule, 10 of them shown
(`_TAGS`). What is more than `MAX_BYTES` when compressed is refused too.

Source: https://docs.github.com/en/code-security/code-scanning/troubleshooting-sarif-uploads/results-exceed-limit
"""
MAX_BYTES: Final = 10_000_000
"""Source: https://docs.github.com/en/code-security/code-scanning/troubleshooting-sarif-uploads/file-too-large"""

FINGERPRINT: Final = "signedLambdaFinding/v1"
GITHUB_FINGERPRINT: Final = "primaryLocationLineHash"
"""The only one that GitHub reads; ours is given under this name too.

Without it github/codeql-action/upload-sarif hashes the line and the text after it, so that each
edit there closes the alert and opens another one. With it the action keeps ours, and prints that
it would have chosen another.

Source: https://github.com/github/codeql-action/blob/main/src/fingerprints.ts
"""

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_ROOT: Final = "%SRCROOT%"
_LOOP_TAGS: Final = ("security", "aws-lambda", "cost", "recursion", "external/cwe/cwe-674")
_TAGS: Final = {
    "LAM-CREDENTIALS": ("security", "aws-lambda", "external/cwe/cwe-798"),
    "LAM-BATCH": ("aws-lambda", "reliability"),
    "LAM-CLIENT": ("aws-lambda", "performance"),
    "LAM-POLLING": ("aws-lambda", "performance"),
    "LAM-RESERVED-ENV": ("aws-lambda", "reliability"),
}
"""Of the rules that are not about loops."""
_LEVELS: Final[dict[Severity, str]] = {
    "high": "error",
    "medium": "warning",
    "low": "note",
    "ask": "note",
}
_PROBLEM: Final = {"error": "error", "warning": "warning", "note": "recommendation"}
_SCORES: Final[dict[Severity, str]] = {"high": "8.0", "medium": "5.5", "low": "2.5", "ask": "2.0"}
"""In GitHub's bands: 7.0 to 8.9 is high, 4.0 to 6.9 medium, 0.1 to 3.9 low."""
_MAX_ID: Final = 255
_MAX_DESCRIPTION: Final = 1_024
_MAX_SENTENCE: Final = 700
_MAX_NODES: Final = 13
_MAX_EVIDENCE: Final = 12
_MAX_LINE: Final = 2**31 - 1
"""Lines are 32-bit numbers for readers in .NET."""
_SEMVER: Final = regex(r"[0-9]+\.[0-9]+\.[0-9]+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")


@dataclass(frozen=True, slots=True)
class _Alert:
    """A finding in a file of the repository, with its identity."""

    finding: Finding
    path: str
    fingerprint: str


def was_reviewed(report: Report) -> bool:
    """Whether the static review ran to its end, whatever came of the run afterwards."""
    return any(fact.step == "scan" for fact in report.facts)


def render_sarif(report: Report, pages: Mapping[str, str], *, limit_bytes: int = MAX_BYTES) -> str:
    """One SARIF log with one run, on one line, pure ASCII.

    Results are the findings in files of the repository that nobody allowed, worst first. GitHub
    does not honour SARIF's suppressions: an allowed finding would be an open alert. What is not
    shown (allowed, in files that git does not know, above GitHub's limits) is counted in the run's
    notifications.

    Args:
        report: To be shown.
        pages: The docstring of each installed rule, by the rule's id.
        limit_bytes: Of the text as upload-sarif compresses it.
    """
    alerts = [alert for alert in _alerts(report) if alert.finding.allowed is None]
    shown = min(len(alerts), MAX_RESULTS)
    while True:
        text = _render(report, pages, alerts, shown)
        if shown == 0 or len(text) <= limit_bytes or _gzip_bytes(text) <= limit_bytes:
            return text
        shown //= 2


def _gzip_bytes(text: str) -> int:
    return len(zlib.compress(text.encode())) + 32  # gzip's head and tail are at most so much longer


def _alerts(report: Report) -> list[_Alert]:
    """Worst first; numbered in file order among those that have all else in common.

    The line is no part of the identity: code that moves keeps its alerts.
    """
    found = [
        (finding, path)
        for finding in findings.ranked(report)
        if (path := findings.repository_path(report, finding))
    ]
    in_file_order = sorted(
        range(len(found)),
        key=lambda i: (found[i][0].line, found[i][0].end_line, found[i][0].message),
    )
    prints = [""] * len(found)
    seen: Counter[str] = Counter()
    for i in in_file_order:
        identity = _identity(*found[i])
        seen[identity] += 1
        prints[i] = f"{identity}:{seen[identity]}"
    return [
        _Alert(finding, path, fingerprint)
        for (finding, path), fingerprint in zip(found, prints, strict=True)
    ]


def _identity(finding: Finding, path: str) -> str:
    parts = [finding.rule, path, finding.function, *finding.cycle]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _render(report: Report, pages: Mapping[str, str], alerts: Sequence[_Alert], shown: int) -> str:
    results = alerts[:shown]
    rules = sorted({_rule(a.finding) for a in results} | {_clip_id(rule) for rule in pages})
    indexes = {rule: i for i, rule in enumerate(rules)}
    by_rule: dict[str, list[Finding]] = {rule: [] for rule in rules}
    for alert in results:
        by_rule[_rule(alert.finding)].append(alert.finding)
    run: dict[str, object] = {
        "tool": {
            "driver": {
                "name": "signed-lambda-deploy",
                **_version(report),
                "rules": [
                    _descriptor(rule, RulePage.of(rule, pages.get(rule, "")), by_rule[rule])
                    for rule in rules
                ],
            }
        },
        "automationDetails": {"id": f"signed-lambda-deploy/{_category(report)}/"},
        **_provenance(report),
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report, len(alerts), len(results))],
        "results": [_result(alert, indexes[_rule(alert.finding)]) for alert in results],
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=True) + "\n"  # `indent` takes ten times as long


def _version(report: Report) -> dict[str, object]:
    version = escape.visible(report.action_version)
    if not version:
        return {}
    return {"semanticVersion" if _SEMVER.fullmatch(version) else "version": version}


def _category(report: Report) -> str:
    """Region, function and alias; where no function is named, the folder that was reviewed.

    The file's own category is what upload-sarif uses, so that the functions of one repository, or
    one function in two regions, keep their alerts apart, and a plan shares those of its deploy.
    """
    if report.function_name or report.package is None:
        return Marker.of(report).key
    return f"source/{escape.uri(report.package.repo_root or '.')[:200]}"


def _provenance(report: Report) -> dict[str, object]:
    if not story.commit_url(report.run):
        return {}
    return {
        "versionControlProvenance": [
            {
                "repositoryUri": f"{story.web(report.run)}/{report.run.repository}",
                "revisionId": report.run.commit,
                "mappedTo": {"uriBaseId": _ROOT},
            }
        ]
    }


def _invocation(report: Report, found: int, shown: int) -> dict[str, object]:
    ended = report.started_at + timedelta(seconds=report.took_s)
    return {
        "executionSuccessful": was_reviewed(report),
        "startTimeUtc": _time(report.started_at),
        "endTimeUtc": _time(ended),
        "toolExecutionNotifications": [
            {"level": level, "message": {"text": escape.sarif_message(text)}}
            for level, text in _notifications(report, found, shown)
        ],
    }


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _notifications(report: Report, found: int, shown: int) -> list[tuple[str, str]]:
    """What a reader of the results must know besides them: level and text."""
    reviews = [fact for fact in report.facts if fact.step == "scan"]
    out = [("note", escape.clip(f"{f.title}: {f.proof}", _MAX_SENTENCE)) for f in reviews]
    if not reviews:
        out.append(("error", "The static review did not run: nothing is known of the code."))
    allowed = sum(f.allowed is not None for f in report.findings)
    if allowed:
        what = story.count(allowed, "finding")
        out.append(("note", f"{what} not among the results: allowed, with a reason."))
    elsewhere = len(report.findings) - allowed - found
    if elsewhere:
        what = story.count(elsewhere, "finding")
        why = "not in a file of the repository (a .zip, or a path that leads out of it)"
        out.append(("warning", f"{what} not among the results: {why}. The JSON report has all."))
    if found > shown:
        why = f"of {story.count(found, 'result')} the worst {shown:,} are here, for GitHub's limits"
        out.append(("warning", f"{found - shown:,} left out: {why}. The JSON report has all."))
    return out


def _rule(finding: Finding) -> str:
    return _clip_id(finding.rule)


def _clip_id(rule: str) -> str:
    return escape.clip(escape.visible(rule), _MAX_ID) or "unnamed"


def _descriptor(rule: str, page: RulePage, found: Sequence[Finding]) -> dict[str, object]:
    """A rule; as severe as its worst result, without any as severe as it can be.

    GitHub shows the rule's own severity with each of its alerts, whatever the result says.
    """
    worst: Severity = min(
        (f.severity for f in found),
        key=findings.SEVERITIES.index,
        default="medium" if rule in _TAGS else "high",
    )
    tags = _TAGS.get(rule, _LOOP_TAGS)
    certain = not found or any(f.certainty == "certain" for f in found)
    full = " ".join(part for part in (page.title, page.why) if part)
    return {
        "id": rule,
        "shortDescription": {"text": escape.clip(page.title, _MAX_DESCRIPTION)},
        "fullDescription": {"text": escape.clip(full, _MAX_DESCRIPTION)},
        "helpUri": page.url,
        "help": {"text": page.text, "markdown": page.markdown},
        "defaultConfiguration": {"level": _LEVELS[worst]},
        "properties": {
            "precision": "high" if certain else "low",
            "problem.severity": _PROBLEM[_LEVELS[worst]],
            **({"security-severity": _SCORES[worst]} if "security" in tags else {}),
            "tags": list(tags),
        },
    }


def _result(alert: _Alert, rule_index: int) -> dict[str, object]:
    finding = alert.finding
    start = min(max(finding.line, 1), _MAX_LINE)
    location: dict[str, object] = {
        "physicalLocation": {
            "artifactLocation": {"uri": escape.uri(alert.path), "uriBaseId": _ROOT},
            "region": {
                "startLine": start,
                "startColumn": 1,
                "endLine": min(max(finding.end_line, start), _MAX_LINE),
            },
        }
    }
    if finding.function:
        name = escape.sarif_message(escape.clip(finding.function, _MAX_ID))
        location["logicalLocations"] = [{"name": name, "kind": "function"}]
    out: dict[str, object] = {
        "ruleId": _rule(finding),
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.severity],
        "message": {"text": escape.sarif_message(_message(finding))},
        "locations": [location],
        "partialFingerprints": {
            FINGERPRINT: alert.fingerprint,
            GITHUB_FINGERPRINT: alert.fingerprint,
        },
    }
    return out


def _message(finding: Finding) -> str:
    """The fact first (GitHub shows its first sentence as the title), the loop, the way out."""
    ask = "Please check: " if finding.certainty == "ask" else ""
    lines = [ask + (_clipped(finding.message) or "No message was given.")]
    if finding.cycle:
        nodes = [escape.clip(node, 80) for node in finding.cycle[:_MAX_NODES]]
        lines.append(f"Loop: {' -> '.join(nodes)}")
    lines += [f"- {_clipped(evidence)}" for evidence in finding.evidence[:_MAX_EVIDENCE]]
    if finding.guard_seen:
        lines.append(f"Guard: {_clipped(finding.guard_seen)}")
    if finding.aws_why:
        lines.append(_clipped(finding.aws_why))
    if finding.fix:
        lines.append(f"What to change: {_clipped(finding.fix)}")
    return "\n".join(lines)


def _clipped(sentence: str) -> str:
    return story.sentence(escape.clip(sentence, _MAX_SENTENCE))

"""The report as JSON, for programs: complete, versioned, described by docs/report.schema.json.

Pure: imports the report model. A member is never renamed or given another meaning without a new
`report_version`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from signed_lambda.report.model import REPORT_VERSION

if TYPE_CHECKING:
    from signed_lambda.errors import Problem
    from signed_lambda.model import Sha256
    from signed_lambda.report.model import Check, Fact, Finding, OtherReview, Release, Report


def render_json(report: Report) -> str:
    """The report as one JSON object, ending with a line break, pure ASCII.

    A line for each member and for each item of a list: to be read by people and compared by line,
    without the encoder of `indent`, which takes ten times as long.

    Hashes are 64 hex digits, and 44 characters of base64 beside them where AWS shows that form;
    null where there is none. Times are UTC in ISO 8601, durations are seconds. Lone surrogates
    of file names stand as their escapes.
    """
    members = (f"  {json.dumps(name)}: {_laid_out(v)}" for name, v in as_dict(report).items())
    return "{\n" + ",\n".join(members) + "\n}\n"


def _laid_out(value: object, indent: str = "  ") -> str:
    """A member's value; lists of objects, and objects that hold such lists, on several lines."""
    inner = indent + "  "
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return f"[\n{inner}" + f",\n{inner}".join(map(_ENCODER.encode, value)) + f"\n{indent}]"
    if isinstance(value, dict) and any(isinstance(v, list) for v in value.values()):
        members = (f"{inner}{json.dumps(n)}: {_laid_out(v, inner)}" for n, v in value.items())
        return "{\n" + ",\n".join(members) + f"\n{indent}}}"
    return _ENCODER.encode(value)


_ENCODER: Final = json.JSONEncoder(ensure_ascii=True)


def as_dict(report: Report) -> dict[str, object]:
    """The report as plain values, in the order of the schema."""
    return {
        "report_version": REPORT_VERSION,
        "action_version": report.action_version,
        "command": report.command,
        "outcome": report.outcome,
        "changed": report.changed,
        "function_name": report.function_name,
        "alias": report.alias,
        "region": report.region,
        "version": report.version,
        "previous_version": report.previous_version,
        "version_arn": report.version_arn,
        "came_from": _came_from(report),
        "undo_version": report.undo_version,
        "build_sha256": _sha(report.build_sha256),
        "code_sha256": _sha(report.code_sha256),
        "config_sha256": _sha(report.config_sha256),
        "hash_alias": report.hash_alias,
        "signing_job_id": report.signing_job_id,
        "signing_profile": report.signing_profile,
        "reason": report.reason,
        "reach": report.reach.name.lower(),
        "left": report.left,
        "problems": [_problem(p) for p in report.problems],
        "warnings": list(report.warnings),
        "links": [
            {"name": x.name, "equals": x.equals, "sha256": _sha(x.sha256)} for x in report.links
        ],
        "facts": [_fact(f) for f in report.facts],
        "checks": [_check(check) for check in report.checks],
        "findings": [_finding(f) for f in report.findings],
        "other_reviews": [_other(review) for review in report.other_reviews],
        "package": _package(report),
        "comparison": _comparison(report),
        "releases": [_release(release) for release in report.releases],
        "older_releases": report.older_releases,
        "review": _review(report),
        "review_required": report.review_required,
        "run": _run(report),
        "started_at": report.started_at.isoformat(timespec="seconds"),
        "took_s": round(report.took_s, 3),
    }


def _came_from(report: Report) -> dict[str, object] | None:
    came_from = report.came_from
    if came_from is None:
        return None
    return {
        "function_arn": came_from.function_arn,
        "alias": came_from.alias,
        "version": came_from.version,
        "code_sha256": _sha(came_from.code_sha256),
        "build_sha256": _sha(came_from.build_sha256),
        "commit": came_from.commit,
    }


def _sha(sha256: Sha256 | None) -> dict[str, str] | None:
    return None if sha256 is None else {"hex": sha256.hex, "base64": sha256.b64}


def _problem(problem: Problem) -> dict[str, str]:
    return {"id": problem.id, "what": problem.what, "do": problem.do}


def _fact(fact: Fact) -> dict[str, object]:
    return {
        "step": fact.step,
        "title": fact.title,
        "status": fact.status.value,
        "proof": fact.proof,
        "took_s": None if fact.took_s is None else round(fact.took_s, 3),
    }


def _check(check: Check) -> dict[str, object]:
    return {
        "function_name": check.function_name,
        "alias": check.alias,
        "verdict": check.verdict,
        "version": check.version,
        "code_sha256": _sha(check.code_sha256),
        "hash_alias": check.hash_alias,
        "problems": [_problem(p) for p in check.problems],
        "warnings": list(check.warnings),
        "facts": [_fact(f) for f in check.facts],
    }


def _other(review: OtherReview) -> dict[str, object]:
    return {
        "tool": review.tool,
        "errors": review.errors,
        "warnings": review.warnings,
        "notes": review.notes,
        "suppressed": review.suppressed,
        "findings": [
            {
                "rule": f.rule,
                "level": f.level,
                "path": f.path,
                "line": f.line,
                "message": f.message,
            }
            for f in review.findings
        ],
    }


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "certainty": finding.certainty,
        "path": finding.path,
        "line": finding.line,
        "end_line": finding.end_line,
        "function": finding.function,
        "message": finding.message,
        "cycle": list(finding.cycle),
        "evidence": list(finding.evidence),
        "guard": finding.guard_seen,
        "aws_stops": finding.aws_stops,
        "aws_why": finding.aws_why,
        "fix": finding.fix,
        "allowed": finding.allowed,
        "allowed_at": finding.allowed_at,
    }


def _package(report: Report) -> dict[str, object] | None:
    package = report.package
    if package is None:
        return None
    return {
        "files": package.files,
        "size_bytes": package.size_bytes,
        "unzipped_bytes": package.unzipped_bytes,
        "compression": package.compression,
        "codec": package.codec,
        "repo_root": package.repo_root,
        "left_out": [{"name": x.name, "reason": x.reason} for x in package.left_out],
        "notes": list(package.notes),
        "advice": [
            {
                "exclude": x.exclude,
                "what": x.what,
                "files": x.files,
                "size_bytes": x.size_bytes,
                "zipped_bytes": x.zipped_bytes,
            }
            for x in package.advice
        ],
    }


def _comparison(report: Report) -> dict[str, object] | None:
    comparison = report.comparison
    if comparison is None:
        return None
    return {
        "version": comparison.version,
        "code_sha256": _sha(comparison.code_sha256),
        "files": [
            {
                "name": f.name,
                "what": f.what,
                "before_bytes": f.before_bytes,
                "after_bytes": f.after_bytes,
                "dependency": f.dependency,
                "in_pull_request": f.in_pull_request,
            }
            for f in comparison.files
        ],
        "same_files": comparison.same_files,
        "dependencies": [
            {"name": d.name, "before": d.before, "after": d.after, "files": d.files}
            for d in comparison.dependencies
        ],
        "configuration": [
            {"name": c.name, "before": c.before, "after": c.after, "note": c.note}
            for c in comparison.configuration
        ],
        "pins": list(comparison.pins),
    }


def _release(release: Release) -> dict[str, object]:
    return {
        "version": release.version,
        "place": release.place,
        "code_sha256": _sha(release.code_sha256),
        "hash_alias": release.hash_alias,
        "aliases": list(release.aliases),
        "build": release.build,
        "commit": release.commit,
        "run_id": release.run,
        "attempt": release.attempt,
        "pull_request": release.pull_request,
        "who": release.who,
        "published_at": release.published_at,
        "command": release.command,
        "reason": release.reason,
        "signing_job_id": release.signing_job_id,
        "signed_by": release.signed_by,
        "standing": release.standing,
        "why": release.why,
    }


def _review(report: Report) -> dict[str, object] | None:
    review = report.review
    if review is None:
        return None
    return {
        "pull_request": review.pull_request,
        "commit": review.commit,
        "build_sha256": _sha(review.build_sha256),
        "same": review.same,
        "differing": [{"name": d.name, "what": d.what} for d in review.differing],
        "url": review.url,
    }


def _run(report: Report) -> dict[str, object]:
    run = report.run
    return {
        "repository": run.repository,
        "server_url": run.server_url,
        "run_id": run.run_id,
        "attempt": run.attempt,
        "commit": run.commit,
        "event": run.event,
        "actor": run.actor,
        "workflow": run.workflow,
        "branch": run.branch,
    }

"""The report as outputs of the step, for later steps and jobs.

Pure: imports the report model for types only.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from signed_lambda.report.model import Report


def outputs(
    report: Report,
    *,
    comment_url: str,
    report_path: str,
    sarif_path: str,
    provenance_paths: Sequence[str] = ("", "", ""),
) -> dict[str, str]:
    """All outputs, always all of them: "" when a value is not known.

    Only `version-arn` holds the account id: GitHub empties an output that holds a masked value.

    Args:
        report: The run.
        comment_url: Of the pull-request comment, "" when there is none.
        report_path: Of the JSON report, as a later step of the job sees it.
        sarif_path: Of the SARIF file, likewise.
        provenance_paths: Of the statement, its predicate and its checksums, likewise.

    Source: actions/runner 2.336.0, src/Runner.Worker/JobExtension.cs ("may contain secret")
    """
    build = report.build_sha256 or (report.came_from and report.came_from.build_sha256)
    statement_path, predicate_path, subjects_path = provenance_paths
    return {
        "outcome": report.outcome,
        "changed": "true" if report.changed else "false",
        "function-name": report.function_name,
        "version": report.version,
        "previous-version": report.previous_version,
        "build-sha256": build.hex if build else "",
        "code-sha256": report.code_sha256.b64 if report.code_sha256 else "",
        "config-sha256": report.config_sha256.hex if report.config_sha256 else "",
        "hash-alias": report.hash_alias,
        "signing-job-id": report.signing_job_id,
        "version-arn": report.version_arn,
        "findings": str(sum(f.allowed is None for f in report.findings)),
        "releases": json.dumps([r.version for r in report.releases if r.standing == "usable"]),
        "comment-url": comment_url,
        "report": report_path,
        "sarif": sarif_path,
        "provenance": statement_path,
        "predicate": predicate_path,
        "subjects": subjects_path,
    }

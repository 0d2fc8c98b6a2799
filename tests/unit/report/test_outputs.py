"""The outputs: always all of them, and readable where account ids are masked."""

from __future__ import annotations

import pytest

from signed_lambda.report.outputs import outputs
from tests.unit.report.cases import CASES, report

NAMES = [
    "outcome", "changed", "function-name", "version", "previous-version", "build-sha256",
    "code-sha256", "config-sha256", "hash-alias", "signing-job-id", "version-arn", "findings",
    "releases", "comment-url", "report", "sarif", "provenance", "predicate", "subjects",
]  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_every_run_sets_every_output(name: str) -> None:
    found = outputs(CASES[name], comment_url="", report_path="", sarif_path="")

    assert list(found) == NAMES
    assert all(isinstance(value, str) for value in found.values())


def test_outputs_of_a_deploy() -> None:
    found = outputs(CASES["deployed"], comment_url="u", report_path="r.json", sarif_path="s.sarif")

    assert found == {
        "outcome": "deployed",
        "changed": "true",
        "function-name": "orders-thumbnailer",
        "version": "42",
        "previous-version": "41",
        "build-sha256": "a5fdf60cda66d084ef6641607225e5a7dc8f32b7adee11b254eb21d5a490bf93",
        "code-sha256": "vjPUFeIjINZwk4Uhs1027iYSClIL9k86Za7dYoYAmyk=",
        "config-sha256": "944c6260d940c0bde2aaee2212f4e5e6e4f5ea04754412aaf42c2a064cae578e",
        "hash-alias": "HASH-944c6260d940c0bde2aaee2212f4e5e6e4f5ea04754412aaf42c2a064cae578e",
        "signing-job-id": "8f1c2a44-63f0-4b58-9a0f-0c1d2e3f4a5b",
        "version-arn": "arn:aws:lambda:eu-west-1:111122223333:function:orders-thumbnailer:42",
        "findings": "0",
        "releases": "[]",
        "comment-url": "u",
        "report": "r.json",
        "sarif": "s.sarif",
        "provenance": "",
        "predicate": "",
        "subjects": "",
    }


def test_only_the_arn_holds_the_account_id() -> None:
    found = outputs(CASES["deployed"], comment_url="", report_path="", sarif_path="")

    assert [name for name, value in found.items() if "111122223333" in value] == ["version-arn"]


def test_unknown_values_are_empty_and_allowed_findings_do_not_count() -> None:
    found = outputs(
        report(
            changed=False,
            build_sha256=None,
            code_sha256=None,
            config_sha256=None,
            findings=CASES["findings"].findings,
        ),
        comment_url="",
        report_path="",
        sarif_path="",
    )

    assert found["changed"] == "false"
    assert found["build-sha256"] == found["code-sha256"] == found["config-sha256"] == ""
    assert found["findings"] == "1"

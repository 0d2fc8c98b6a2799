"""What people read, kept as files: look at tests/golden to see it, `--refresh-golden` to renew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from signed_lambda.report.comment import render_comment
from signed_lambda.report.jsonreport import render_json
from signed_lambda.report.sarif import render_sarif
from signed_lambda.report.summary import render_summary
from signed_lambda.report.text import render_text
from tests.unit.report.cases import CASES, PAGES
from tests.unit.report.conftest import GOLDEN

if TYPE_CHECKING:
    from collections.abc import Callable

    Golden = Callable[[str, str], None]

SCHEMA = json.loads(
    (Path(__file__).parents[3] / "docs" / "report.schema.json").read_text(encoding="utf-8")
)

KINDS = (("comment", "md"), ("log", "txt"), ("report", "json"), ("sarif", "sarif"))

every_case = pytest.mark.parametrize("name", CASES)


@every_case
def test_comment_reads_as_its_golden_file(name: str, golden: Golden) -> None:
    golden(f"comment-{name}.md", render_comment(CASES[name]))


@every_case
def test_log_reads_as_its_golden_file(name: str, golden: Golden) -> None:
    golden(f"log-{name}.txt", render_text(CASES[name]))


@every_case
def test_json_reads_as_its_golden_file(name: str, golden: Golden) -> None:
    golden(f"report-{name}.json", render_json(CASES[name]))


@every_case
def test_sarif_reads_as_its_golden_file(name: str, golden: Golden) -> None:
    laid_out = json.dumps(json.loads(render_sarif(CASES[name], PAGES)), indent=2) + "\n"

    golden(f"sarif-{name}.sarif", laid_out)


def test_summary_is_the_comment_without_its_marker() -> None:
    for report in CASES.values():
        marker, _, rest = render_comment(report).partition("\n")

        assert marker.startswith("<!-- ")
        assert render_summary(report) == rest


@every_case
def test_json_is_of_the_schema(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    validator = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)

    assert list(validator.iter_errors(json.loads(render_json(CASES[name])))) == []


def test_no_golden_file_is_left_over() -> None:
    wanted = {f"{kind}-{name}.{end}" for name in CASES for kind, end in KINDS}
    ours = ("comment-", "log-", "report-", "sarif-")

    assert {p.name for p in GOLDEN.iterdir() if p.name.startswith(ours)} == wanted

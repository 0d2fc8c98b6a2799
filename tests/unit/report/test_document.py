"""The whole documents: what they say, at any length; test_hostile_report has the hostile ones."""

from __future__ import annotations

import dataclasses

import pytest

from signed_lambda.errors import Problem
from signed_lambda.model import LeftOut, Sha256
from signed_lambda.report.comment import render_comment
from signed_lambda.report.markdown import MIN_LIMIT_BYTES
from signed_lambda.report.model import (
    Fact,
    Link,
    Report,
    Status,
)
from signed_lambda.report.story import BLOCKED
from signed_lambda.report.summary import render_summary
from signed_lambda.report.text import WIDTH, render_text
from tests.unit.report.cases import BUILD, CASES, LOOP, OTHER_BUILD, PACKAGE, QUEUE, report


@pytest.mark.parametrize("name", CASES)
def test_log_has_at_most_100_columns(name: str) -> None:
    assert max(map(len, render_text(CASES[name]).splitlines())) <= WIDTH


def big() -> Report:
    """Every list long, every text long and costly to escape."""
    long = "|$<&`" * 2_000
    finding = dataclasses.replace(
        LOOP, message=long, path=long, cycle=(long, "b", long), evidence=(long,) * 50, fix=long
    )
    link = Link(name=long, sha256=BUILD, equals=long)
    return report(
        outcome="refused",
        function_name=long,
        alias=long,
        region=long,
        reason=long,
        left=long,
        problems=(Problem("E-HASH-03", long, long),) * 60,
        warnings=(long,) * 60,
        facts=(Fact(step="x", title=long, status=Status.OK, proof=long, took_s=1.0),) * 80,
        links=(link,) * 40,
        findings=(finding,) * 30,
        package=dataclasses.replace(
            PACKAGE, left_out=(LeftOut(long, "secret"),) * 1_000, notes=(long,) * 100
        ),
    )


VERDICTS = (
    "now runs version",
    "still runs version",
    "refused",
    "rolled back to",
    "blocks",
    "nothing to do",
    "not as released",
)


@pytest.mark.parametrize("limit", [MIN_LIMIT_BYTES, 5_000, 10_000, 60_000, 900_000])
@pytest.mark.parametrize("base", ["big", "many", *CASES])
def test_documents_keep_to_any_limit_with_verdict_and_hashes(base: str, limit: int) -> None:
    many = dataclasses.replace(CASES["checked"], checks=CASES["checked"].checks * 1_000)
    shown = {"big": big(), "many": many, **CASES}[base]

    for text in (
        render_comment(shown, limit_bytes=limit),
        render_summary(shown, limit_bytes=limit),
    ):
        assert len(text.encode()) <= limit
        assert any(words in text.lower() for words in VERDICTS)
        for sha in (shown.build_sha256, shown.code_sha256):
            assert sha is None or sha.b64 in text


def test_limit_below_the_least_document_is_refused() -> None:
    with pytest.raises(ValueError, match="needs 4000 bytes"):
        render_comment(CASES["deployed"], limit_bytes=3_999)


def test_parts_go_in_a_fixed_order_and_are_counted() -> None:
    links = (Link(name="object " * 20, sha256=BUILD, equals="the build"),) * 28
    facts = CASES["deployed"].facts * 30
    many = report(findings=(LOOP,) * 60, facts=facts, links=links)
    seen: list[str] = []
    for limit in (900_000, 60_000, 40_000, 16_000, 9_500, MIN_LIMIT_BYTES):
        text = render_comment(many, limit_bytes=limit)
        seen += [line for line in text.splitlines() if line.startswith("Left out here")][:1]

    assert [s.split(": ")[1].split(". The")[0] for s in seen] == [
        "40 findings",
        "40 findings",
        "300 steps, 40 findings",
        "300 steps, the package's details, 55 findings",
        "300 steps, the package's details, 60 findings",
        "300 steps, the package's details, 60 findings, 28 links",
    ]


def test_findings_are_shown_worst_first_and_allowed_ones_last() -> None:
    low = dataclasses.replace(LOOP, rule="REC-LOW", severity="low")
    text = render_comment(report(findings=(QUEUE, low, LOOP)))

    assert text.index("REC-S3-SELF") < text.index("REC-LOW") < text.index("REC-SQS-RETRY")


def test_more_problems_and_warnings_than_are_shown_are_counted() -> None:
    problem = Problem("E-INPUT-01", "`bucket` is empty", "")
    text = render_comment(
        report(outcome="refused", problems=(problem,) * 11, warnings=("x",) * 9, left="")
    )

    assert "and 3 more problems in the log." in text
    assert "and 1 more warning in the log." in text
    assert "What to do" not in text
    assert "Left unchanged" not in text


@pytest.mark.parametrize("name", CASES)
def test_alert_is_there_only_when_something_blocks(name: str) -> None:
    text = render_comment(CASES[name])

    assert text.count("> [!CAUTION]") == (1 if CASES[name].problems else 0)
    assert (CASES[name].outcome in BLOCKED) == bool(CASES[name].problems)


def test_warning_stands_before_everything_but_the_verdict() -> None:
    lines = [x for x in render_comment(CASES["unsigned"]).splitlines() if x]

    assert lines[1].startswith("### ⚠️ ")
    assert lines[2].startswith("⚠️ **Warning:** Deployed unsigned")


def test_only_what_was_read_is_claimed_to_run() -> None:
    claims = {name: "What runs is what was built" in render_comment(CASES[name]) for name in CASES}
    reviewed = [n for n in CASES if "What runs is what was reviewed" in render_comment(CASES[n])]

    assert reviewed == ["reviewed"]
    assert claims == {
        "reviewed": False,
        "not-reviewed": False,
        "planned": False,
        "promoted": False,
        "others": False,
        "checked": False,
        "advised": False,
        "deployed": True,
        "unchanged": True,
        "unsigned": True,
        "refused": False,
        "failed": False,
        "rolled-back": False,
        "findings": False,
        "listed": False,
    }


def test_hash_that_is_the_same_is_told_to_be_the_same() -> None:
    twin = Sha256(BUILD.digest)
    text = render_comment(report(code_sha256=twin))

    assert "signed as" not in text


def test_a_pull_request_without_a_record_is_told_where_nothing_is_required() -> None:
    unrecorded = dataclasses.replace(OTHER_BUILD, build_sha256=None, differing=(), url="")

    text = render_comment(report(review=unrecorded))

    assert "⚠️ **No plan of pull request 7 recorded a build.**" in text
    assert "What differs from the reviewed build" not in text


def test_a_record_without_files_says_that_they_are_not_known() -> None:
    text = render_comment(report(review=dataclasses.replace(OTHER_BUILD, differing=())))

    assert "This is not the build that was reviewed in pull request 7" in text
    assert "Which files differ is not known" in text


def test_a_table_of_many_aliases_begins_with_what_differs_and_says_what_it_leaves_out() -> None:
    many = dataclasses.replace(CASES["checked"], checks=CASES["checked"].checks * 1_000)

    text = render_summary(many)

    rows = [line for line in text.splitlines() if line.startswith("| ") and "`" in line]
    assert [row.split(" ")[1] for row in rows] == ["⛔"] * 1_000 + ["⚪"] * 1_000
    assert "and 1,000 more: see the JSON report" in text

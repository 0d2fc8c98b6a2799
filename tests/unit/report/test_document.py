"""The whole documents: hostile text in every member, and any length."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signed_lambda.errors import Problem
from signed_lambda.model import LeftOut, Sha256
from signed_lambda.report.comment import render_comment
from signed_lambda.report.markdown import MIN_LIMIT_BYTES
from signed_lambda.report.marker import Marker
from signed_lambda.report.model import (
    Fact,
    Finding,
    Link,
    PackageSummary,
    Reach,
    Report,
    Run,
    Status,
)
from signed_lambda.report.story import BLOCKED
from signed_lambda.report.summary import render_summary
from signed_lambda.report.text import WIDTH, render_text
from tests.support.gfm import look
from tests.unit.report.cases import BUILD, CASES, CONFIG, LOOP, PACKAGE, QUEUE, SIGNED, report
from tests.unit.report.test_escape import PIECES, RUNNER_COMMAND

hostile = st.lists(st.sampled_from(PIECES), max_size=5).map("".join)
OUTCOMES = st.sampled_from([
    "deployed", "unchanged", "planned", "rolled-back", "promoted", "verified", "drifted",
    "scanned", "refused", "failed", "moved-unconfirmed", "superseded",
])  # fmt: skip
shas = st.sampled_from([BUILD, SIGNED, CONFIG])
problems = st.builds(Problem, id=st.just("E-HASH-03"), what=hostile, do=hostile)
facts = st.builds(
    Fact,
    step=hostile,
    title=hostile,
    proof=hostile,
    status=st.sampled_from(Status),
    took_s=st.one_of(st.none(), st.floats(0, 10_000)),
)
findings = st.builds(
    Finding,
    rule=hostile,
    severity=st.sampled_from(["high", "medium", "low", "ask"]),
    certainty=st.sampled_from(["certain", "ask"]),
    path=hostile,
    line=st.integers(1, 10**6),
    end_line=st.integers(1, 10**6),
    function=hostile,
    message=hostile,
    cycle=st.lists(hostile, max_size=4).map(tuple),
    evidence=st.lists(hostile, max_size=3).map(tuple),
    guard=st.one_of(st.none(), hostile),
    aws_stops=hostile,
    fix=hostile,
    allowed=st.one_of(st.none(), hostile),
)


def few(of: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(of, max_size=3).map(tuple)


reports = st.builds(
    Report,
    command=hostile,
    outcome=OUTCOMES,
    changed=st.booleans(),
    function_name=hostile,
    alias=hostile,
    region=hostile,
    version=hostile,
    previous_version=hostile,
    version_arn=hostile,
    build_sha256=st.one_of(st.none(), shas),
    code_sha256=st.one_of(st.none(), shas),
    config_sha256=st.one_of(st.none(), shas),
    hash_alias=hostile,
    signing_job_id=hostile,
    signing_profile=hostile,
    reason=hostile,
    facts=few(facts),
    links=few(st.builds(Link, name=hostile, sha256=shas, equals=hostile)),
    findings=few(findings),
    warnings=few(hostile),
    problems=few(problems),
    left=hostile,
    reach=st.sampled_from(Reach),
    package=st.one_of(
        st.none(),
        st.builds(
            PackageSummary,
            files=st.integers(0, 10**6),
            size_bytes=st.integers(0, 10**9),
            unzipped_bytes=st.integers(0, 10**9),
            codec=hostile,
            left_out=few(st.builds(LeftOut, name=hostile, reason=st.just("secret"))),
            notes=few(hostile),
            repo_root=st.one_of(st.none(), hostile),
        ),
    ),
    undo_version=hostile,
    run=st.one_of(
        st.builds(
            Run,
            repository=hostile,
            server_url=hostile,
            run_id=st.integers(0, 10**12),
            attempt=st.integers(0, 9),
            commit=hostile,
            event=hostile,
            actor=hostile,
            workflow=hostile,
        ),
        st.just(CASES["deployed"].run),
    ),
    action_version=hostile,
    started_at=st.just(datetime(2026, 11, 22, tzinfo=UTC)),
    took_s=st.floats(0, 10_000),
)

OURS = {
    "h3", "h4", "p", "strong", "code", "pre", "a", "table", "thead", "tbody", "tr", "th", "td",
    "ul", "li", "blockquote", "details", "summary", "b", "sub", "br",
}  # fmt: skip


@given(report=reports)
def test_no_member_of_the_report_can_do_anything_in_comment_or_log(report: Report) -> None:
    body = render_comment(report)
    _, _, markdown = body.partition("\n")
    seen = look(markdown)

    assert set(seen.tags) <= OURS
    assert seen.linked == []
    assert seen.tags.count("details") == seen.tags.count("summary")
    assert seen.tags[0] == "h3"
    marker = Marker.parse(body)
    assert marker is not None
    assert marker.order == (report.run.run_id, report.run.attempt)
    assert all(href.startswith("https://github.com/acme/orders/") for href in seen.links)
    assert not any("/../" in href for href in seen.links)
    assert all(len(set(rows)) == 1 for rows in seen.tables)
    body.encode()  # a lone surrogate could not be
    for line in render_text(report).split("\n"):
        assert line.isprintable()
        assert not RUNNER_COMMAND.search(line)


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
    "would move it",
    "nothing to do",
)


@pytest.mark.parametrize("limit", [MIN_LIMIT_BYTES, 5_000, 10_000, 60_000, 900_000])
@pytest.mark.parametrize("base", ["big", *CASES])
def test_documents_keep_to_any_limit_with_verdict_and_hashes(base: str, limit: int) -> None:
    shown = big() if base == "big" else CASES[base]

    for text in (
        render_comment(shown, limit_bytes=limit),
        render_summary(shown, limit_bytes=limit),
    ):
        assert len(text.encode()) <= limit
        assert any(words in text for words in VERDICTS)
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
        "deployed": True,
        "unchanged": True,
        "unsigned": True,
        "refused": False,
        "failed": False,
        "rolled-back": False,
        "findings": False,
    }


def test_hash_that_is_the_same_is_told_to_be_the_same() -> None:
    twin = Sha256(BUILD.digest)
    text = render_comment(report(code_sha256=twin))

    assert "signed as" not in text

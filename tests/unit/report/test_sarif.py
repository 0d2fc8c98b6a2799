"""SARIF: what an alert says, that it stays the same alert, and GitHub's limits."""

from __future__ import annotations

import json
import random
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import pytest

from signed_lambda.report.model import Fact, Finding, Report, Run, Severity, Status
from signed_lambda.report.sarif import (
    FINGERPRINT,
    GITHUB_FINGERPRINT,
    MAX_RESULTS,
    render_sarif,
    was_reviewed,
)
from tests.unit.report.cases import CASES, LOOP, PACKAGE, PAGES, QUEUE, SCANNED, report

if TYPE_CHECKING:
    pass

NAMES: Final = [
    "a b.py", "a#b.py", "a?b.py", "a%20b.py", "é/日本.py", "bad\udcff\ud800.py", "a:b.py",
    "~a+b.py", "\\a.py", "a\nb.py", "\u202e.py", '<&>".py', "a" * 4_000,
]  # fmt: skip


def reviewed(*findings: Finding, **changes: Any) -> Report:  # noqa: ANN401 - any member
    """A report of a run that reviewed, with these findings."""
    return report(**({"findings": findings, "facts": (SCANNED,)} | changes))


def run(shown: Report, **options: int) -> dict[str, Any]:
    """The one run of the log."""
    log: dict[str, Any] = json.loads(render_sarif(shown, PAGES, **options))
    [only] = log["runs"]
    return dict(only)


def results(shown: Report) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = run(shown)["results"]
    return found


def told(shown: Report, **options: int) -> list[tuple[str, str]]:
    """Level and text of the notifications."""
    said = run(shown, **options)["invocations"][0]["toolExecutionNotifications"]
    return [(n["level"], n["message"]["text"]) for n in said]


def fingerprints(*findings: Finding) -> dict[tuple[str, int], str]:
    """By path and line."""
    out = {}
    for result in results(reviewed(*findings)):
        place = result["locations"][0]["physicalLocation"]
        key = unquote(place["artifactLocation"]["uri"]), place["region"]["startLine"]
        out[key] = result["partialFingerprints"][FINGERPRINT]
    return out


def many(count: int) -> tuple[Finding, ...]:
    """Findings of all severities, in many files, the worst last."""
    severities = ("ask", "low", "medium", "high")
    return tuple(
        replace(LOOP, severity=severities[i * 4 // count], path=f"f{i % 700}.py", line=1 + i)
        for i in range(count)
    )


# -- what an alert says


def test_finding_has_its_place_in_the_repository_and_its_loop() -> None:
    [result] = results(reviewed(LOOP))

    [location] = result["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "src/handler.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 47, "startColumn": 1, "endLine": 52},
    }
    assert result["message"]["text"].startswith(
        "`handler` writes to the bucket and prefix that trigger it.\n"
        "Loop: S3 acme-images (prefix images/) -> orders-thumbnailer -> S3 acme-images (prefix"
        " images/)\n"
    )


SEVERITIES: Final[list[tuple[Severity, str, str, str]]] = [
    ("high", "error", "error", "8.0"),
    ("medium", "warning", "warning", "5.5"),
    ("low", "note", "recommendation", "2.5"),
    ("ask", "note", "recommendation", "2.0"),
]


@pytest.mark.parametrize(("severity", "level", "problem", "score"), SEVERITIES)
def test_severity_is_told_in_each_of_githubs_ways(
    severity: Severity, level: str, problem: str, score: str
) -> None:
    shown = run(reviewed(replace(LOOP, severity=severity)))

    rule = shown["tool"]["driver"]["rules"][shown["results"][0]["ruleIndex"]]
    assert rule["id"] == shown["results"][0]["ruleId"] == "REC-S3-SELF"
    assert shown["results"][0]["level"] == rule["defaultConfiguration"]["level"] == level
    assert rule["properties"]["problem.severity"] == problem
    assert rule["properties"]["security-severity"] == score


def test_rule_is_as_severe_as_its_worst_finding_that_nobody_allowed() -> None:
    low = replace(LOOP, severity="low", certainty="ask")
    allowed = replace(LOOP, allowed="known")

    [rule, _] = run(reviewed(low, allowed))["tool"]["driver"]["rules"]

    assert rule["properties"]["security-severity"] == "2.5"
    assert rule["properties"]["precision"] == "low"


def test_allowed_findings_are_no_results_and_are_counted() -> None:
    """GitHub shows a suppressed result as an open alert."""
    both = reviewed(QUEUE, LOOP)

    assert [r["ruleId"] for r in results(both)] == ["REC-S3-SELF"]
    assert ("note", "1 finding not among the results: allowed, with a reason.") in told(both)


def test_installed_rules_are_there_whether_they_found_something_or_not() -> None:
    rules = run(reviewed())["tool"]["driver"]["rules"]

    assert [rule["id"] for rule in rules] == sorted(PAGES)
    assert rules[0]["shortDescription"]["text"] == PAGES["REC-S3-SELF"].split("\n")[0]
    assert rules[0]["helpUri"] == "https://docs.aws.amazon.com/lambda/latest/dg/with-s3.html"
    assert (
        '```\ndef handler(event, context):\n    s3.put_object(Bucket="acme-i'
        in (rules[0]["help"]["markdown"])
    )


# -- fingerprints


def test_code_that_moves_keeps_its_fingerprint() -> None:
    moved = [replace(f, line=f.line + 100, end_line=f.end_line + 100) for f in (LOOP, QUEUE)]

    assert list(fingerprints(*moved).values()) == list(fingerprints(LOOP, QUEUE).values())


def test_editing_or_removing_another_finding_keeps_the_fingerprint() -> None:
    edited = replace(QUEUE, function="resend", message="Other.", severity="high", allowed=None)
    before = fingerprints(LOOP, QUEUE)["src/handler.py", 47]

    assert fingerprints(LOOP, edited)["src/handler.py", 47] == before
    assert fingerprints(LOOP)["src/handler.py", 47] == before


def test_wording_and_severity_are_no_part_of_the_identity() -> None:
    reworded = replace(LOOP, message="Said better.", severity="low", fix="")

    assert fingerprints(reworded) == fingerprints(LOOP)


def test_two_equal_findings_in_a_file_differ_in_file_order() -> None:
    later = replace(LOOP, line=90, end_line=90, severity="low")
    allowed_first = replace(LOOP, allowed="known")

    assert fingerprints(later, LOOP)["src/handler.py", 47].endswith(":1")
    assert fingerprints(later, LOOP)["src/handler.py", 90].endswith(":2")
    assert fingerprints(later, allowed_first)["src/handler.py", 90].endswith(":2")


@pytest.mark.parametrize(
    "change",
    [{"rule": "REC-X"}, {"path": "b.py"}, {"function": "other"}, {"cycle": ("a", "a")}],
    ids=str,
)
def test_another_rule_file_function_or_loop_is_another_alert(change: dict[str, Any]) -> None:
    [one], [other] = fingerprints(LOOP).values(), fingerprints(replace(LOOP, **change)).values()

    assert one.split(":")[0] != other.split(":")[0]


def test_github_reads_the_same_fingerprint() -> None:
    [result] = results(reviewed(LOOP))

    assert len(result["partialFingerprints"]) == 2
    assert (
        result["partialFingerprints"][GITHUB_FINGERPRINT]
        == (result["partialFingerprints"][FINGERPRINT])
    )


# -- places


@pytest.mark.parametrize("name", NAMES)
def test_name_of_any_kind_is_a_valid_relative_uri(name: str) -> None:
    [result] = results(reviewed(replace(LOOP, path=name)))

    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert not set(uri) - set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/%"
    )
    shown = name.replace("\udcff", "\ufffd").replace("\ud800", "\ufffd")
    assert unquote(uri, errors="strict") == f"src/{shown}"


@pytest.mark.parametrize("path", ["../x.py", "a/../../x.py", "/etc/passwd", "a//b.py", "./a.py"])
def test_finding_whose_path_could_lead_elsewhere_is_told_and_not_placed(path: str) -> None:
    shown = reviewed(replace(LOOP, path=path), replace(QUEUE, allowed=None))

    assert [r["ruleId"] for r in results(shown)] == ["REC-SQS-RETRY"]
    assert told(shown)[1][1].startswith("1 finding not among the results: not in a file of the")


@pytest.mark.parametrize("package", [None, replace(PACKAGE, repo_root=None)])
def test_findings_of_a_zip_are_counted_never_lost(package: object) -> None:
    shown = reviewed(LOOP, replace(QUEUE, allowed=None), package=package)

    assert results(shown) == []
    assert [level for level, _ in told(shown)] == ["note", "warning"]
    assert told(shown)[1][1].startswith("2 findings not among the results: ")


@pytest.mark.parametrize(
    ("line", "end_line", "want"),
    [(0, 0, (1, 1)), (9, 3, (9, 9)), (-5, 2, (1, 2)), (2**40, 2**41, (2**31 - 1, 2**31 - 1))],
)
def test_lines_are_of_the_form_that_readers_take(
    line: int, end_line: int, want: tuple[int, int]
) -> None:
    [result] = results(reviewed(replace(LOOP, line=line, end_line=end_line)))

    region = result["locations"][0]["physicalLocation"]["region"]
    assert (region["startLine"], region["endLine"]) == want


# -- what else the run says


def test_what_was_read_is_told() -> None:
    (level, text), _ = told(CASES["findings"])

    assert level == "note"
    assert text == "Static review: 2 findings in 7 files"


def test_refused_run_has_still_reviewed() -> None:
    shown = reviewed(LOOP, outcome="refused")

    assert was_reviewed(shown)
    assert run(shown)["invocations"][0]["executionSuccessful"] is True


def test_run_without_a_review_claims_nothing() -> None:
    shown = report(facts=())

    assert not was_reviewed(shown)
    assert run(shown)["invocations"][0]["executionSuccessful"] is False
    assert told(shown) == [
        ("error", "The static review did not run: nothing is known of the code.")
    ]


def test_functions_of_one_repository_keep_their_alerts_apart() -> None:
    shown = [
        reviewed(),
        reviewed(function_name="other"),
        reviewed(region="us-east-1"),
        reviewed(alias="beta"),
        reviewed(function_name=""),
        reviewed(function_name="", package=replace(PACKAGE, repo_root="a/b c")),
    ]

    ids = [run(r)["automationDetails"]["id"] for r in shown]

    assert len(set(ids)) == len(ids)
    assert ids[0] == "signed-lambda-deploy/eu-west-1/orders-thumbnailer/live/"
    assert ids[-1] == "signed-lambda-deploy/source/a/b%20c/"


def test_plan_and_deploy_of_a_function_share_their_alerts() -> None:
    plan, deploy = (run(reviewed(LOOP, command=c)) for c in ("plan", "deploy"))

    assert plan["automationDetails"] == deploy["automationDetails"]
    assert plan["results"] == deploy["results"]


def test_outside_of_github_nothing_is_said_of_the_commit() -> None:
    assert "versionControlProvenance" not in run(reviewed(run=Run()))


# -- limits


def test_30_000_findings_become_the_worst_5_000_and_a_count() -> None:
    shown = reviewed(*many(30_000))
    text = render_sarif(shown, PAGES)
    levels = [r["level"] for r in json.loads(text)["runs"][0]["results"]]

    assert levels == ["error"] * MAX_RESULTS
    assert len(zlib.compress(text.encode())) < 10_000_000
    level, said = told(shown)[1]
    assert level == "warning"
    assert said.startswith("25,000 left out: of 30,000 results the worst 5,000 are here, for GitH")


def test_result_keeps_its_fingerprint_when_an_equal_one_above_it_is_left_out() -> None:
    above = replace(LOOP, severity="low", line=1)
    others = tuple(replace(LOOP, rule="REC-X", line=i) for i in range(MAX_RESULTS - 1))
    shown = results(reviewed(above, LOOP, *others))

    [kept] = [r for r in shown if r["ruleId"] == LOOP.rule]
    assert kept["locations"][0]["physicalLocation"]["region"]["startLine"] == LOOP.line
    assert (
        kept["partialFingerprints"][FINGERPRINT]
        == fingerprints(above, LOOP)["src/handler.py", LOOP.line]
    )


def test_file_that_compresses_badly_is_cut_until_it_fits() -> None:
    noise = random.Random(7)
    findings = tuple(
        replace(LOOP, message=noise.randbytes(300).hex(), line=1 + i) for i in range(400)
    )
    text = render_sarif(reviewed(*findings), {}, limit_bytes=60_000)
    said = told(reviewed(*findings), limit_bytes=60_000)

    assert len(zlib.compress(text.encode())) < 60_000
    assert "the worst 100 are here" in said[-1][1]


def test_limit_that_nothing_fits_leaves_the_count() -> None:
    assert "the worst 0 are here" in told(reviewed(LOOP), limit_bytes=10)[-1][1]


def test_texts_of_any_length_are_bounded() -> None:
    long = "x" * 100_000
    finding = Finding(
        rule=long, severity="high", certainty="certain", path="a.py", line=1, end_line=1,
        function=long, message=long, cycle=(long,) * 100, evidence=(long,) * 100, guard=long,
        aws_stops=True, aws_why=long, fix=long,
    )  # fmt: skip
    fact = Fact(step="scan", title=long, status=Status.OK, proof=long)

    assert len(render_sarif(reviewed(finding, facts=(fact,)), {})) < 25_000

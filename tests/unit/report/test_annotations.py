"""Annotations: few, worst first, beside files only when the repository has them."""

from __future__ import annotations

import dataclasses

import pytest

from signed_lambda.errors import Problem
from signed_lambda.report import annotations as notes
from signed_lambda.report.annotations import Annotation
from tests.unit.report.cases import CASES, LOOP, PACKAGE, QUEUE, report

SUBJECT = "orders-thumbnailer → live (eu-west-1)"


def test_deploy_is_one_notice() -> None:
    assert notes.annotations(CASES["deployed"]) == (
        Annotation(level="notice", message=f"{SUBJECT}: now runs version 42 (was 41)"),
    )


def test_refusal_is_one_error_with_what_to_do_and_what_was_left() -> None:
    (only,) = notes.annotations(CASES["refused"])

    assert (only.level, only.title) == ("error", f"E-SIGNATURE-41: {SUBJECT}")
    assert "'app_hook/__init__.py' was added" in only.message
    assert "find out who can write to that prefix" in only.message
    assert only.message.endswith(
        "\nWhat stands: Lambda was not touched (alias 'live' is still at 41); files in S3 or a"
        " signing job may exist and are reused by the next run."
    )


def test_warning_of_an_unsigned_deploy_is_a_warning() -> None:
    found = notes.annotations(CASES["unsigned"])

    assert [a.level for a in found] == ["warning", "notice"]
    assert found[0].message.startswith("Deployed unsigned: ")


def test_finding_stands_beside_its_line_of_the_repository() -> None:
    blocks, first, *_ = notes.annotations(CASES["findings"])

    assert blocks.title.startswith("E-SCAN-01: ")
    assert first == Annotation(
        level="error",
        title="REC-S3-SELF (high)",
        message="`handler` writes to the bucket and prefix that trigger it.\n"
        "Loop: S3 acme-images (prefix images/) -> orders-thumbnailer -> S3 acme-images (prefix"
        " images/)\nWrite to another bucket, or to a prefix outside of `images/`.",
        path="src/handler.py",
        line=47,
        end_line=52,
    )


@pytest.mark.parametrize("package", [None, dataclasses.replace(PACKAGE, repo_root=None)])
def test_finding_in_a_file_that_git_does_not_know_names_it_in_the_text(package: object) -> None:
    first = notes.annotations(report(findings=(LOOP,), package=package))[0]

    assert (first.path, first.line, first.end_line) == ("", 0, 0)
    assert "(handler.py:47)" in first.message


def test_source_at_the_root_of_the_repository_adds_no_folder() -> None:
    at_root = dataclasses.replace(PACKAGE, repo_root="")

    assert notes.annotations(report(findings=(LOOP,), package=at_root))[0].path == "handler.py"


def test_allowed_findings_are_not_annotated() -> None:
    assert [a.level for a in notes.annotations(report(findings=(QUEUE,)))] == ["notice"]


def test_more_than_ten_of_a_level_become_nine_and_a_count() -> None:
    many = tuple(dataclasses.replace(LOOP, path=f"f{i:03}.py") for i in range(500))
    found = notes.annotations(report(findings=many))
    errors = [a for a in found if a.level == "error"]

    assert [a.path for a in errors[:9]] == [f"src/f{i:03}.py" for i in range(9)]
    assert errors[9].message == "and 491 more errors: see the job summary and the log"
    assert len(errors) == 10


def test_exactly_ten_of_a_level_are_all_shown() -> None:
    many = tuple(dataclasses.replace(LOOP, path=f"f{i:03}.py") for i in range(10))
    found = notes.annotations(report(findings=many))

    assert [a.path for a in found if a.level == "error"] == [f"src/f{i:03}.py" for i in range(10)]


def test_problems_come_before_findings_and_the_verdict_before_low_findings() -> None:
    low = tuple(dataclasses.replace(LOOP, severity="low", path=f"{i}") for i in range(30))
    shown = report(outcome="refused", problems=(Problem("E-SCAN-01", "x", "y"),), findings=(LOOP,))

    assert notes.annotations(shown)[0].title.startswith("E-SCAN-01")
    notices = notes.annotations(report(findings=low))
    assert "now runs version 42" in notices[0].message
    assert len(notices) == 10

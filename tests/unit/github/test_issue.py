"""The issue of a `verify`: one, found again, edited, closed; whatever GitHub does meanwhile."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from signed_lambda.errors import Cancelled, Problem
from signed_lambda.github import Access, Finding, tend_issue
from signed_lambda.report.issue import render_issue, render_said, render_title
from signed_lambda.report.model import Check
from tests.support.github_server import User
from tests.unit.report.cases import CASES, RUN

if TYPE_CHECKING:
    from signed_lambda.report.model import Report
    from tests.support.checked_server import Answer, Seen
    from tests.support.github_server import GitHubServer
    from tests.unit.github.conftest import Clock

PROBLEM = Problem("E-DRIFT-02", "alias 'live' was moved <b>by hand</b> @acme/all", "Find out who")
CHECK = Check(
    function_name="orders",
    alias="live",
    verdict="drifted",
    version="7",
    code_sha256=None,
    hash_alias="",
    problems=(PROBLEM,),
    warnings=(),
    facts=(),
)


def report(run_id: int = 7, *problems: Problem) -> Report:
    """Of a run that found these problems, or none."""
    found = replace(CHECK, problems=problems, verdict="drifted" if problems else "verified")
    return replace(
        CASES["deployed"],
        command="verify",
        outcome="drifted" if problems else "verified",
        function_name="orders",
        problems=problems,
        checks=(found,),
        run=replace(RUN, run_id=run_id),
    )


def finding(of: Report, *, opens: bool | None = None) -> Finding:
    """What the run says."""
    return Finding(
        repository="acme/orders",
        title=render_title(of),
        body=render_issue(of),
        said=render_said(of),
        clean=of.outcome == "verified",
        opens=of.outcome == "drifted" if opens is None else opens,
    )


DRIFT = finding(report(7, PROBLEM))
CLEAN = finding(report(9))


def test_an_issue_is_opened_once_and_then_edited(server: GitHubServer, access: Access) -> None:
    first = tend_issue(DRIFT, access)
    second = tend_issue(finding(report(8, PROBLEM)), access)

    [issue] = server.issues
    assert first.url == second.url == issue["html_url"]
    assert (first.notice, second.notice) == ("", "")
    assert issue["title"].startswith("Lambda drift: orders")
    assert "/runs/8" in issue["body"]
    assert server.comments == []


def test_when_what_is_wrong_has_changed_a_comment_says_so(
    server: GitHubServer, access: Access
) -> None:
    tend_issue(DRIFT, access)
    worse = replace(PROBLEM, id="E-TARGET-04", what="revoked")

    tend_issue(finding(report(8, PROBLEM, worse)), access)

    assert len(server.issues) == 1
    assert [c.body.startswith("What is wrong has changed since") for c in server.comments] == [True]


def test_it_is_closed_with_a_comment_when_all_is_well_again(
    server: GitHubServer, access: Access
) -> None:
    tend_issue(DRIFT, access)

    tend_issue(CLEAN, access)
    tend_issue(finding(report(10)), access)

    [issue] = server.issues
    assert (issue["state"], issue["state_reason"]) == ("closed", "completed")
    assert [c.body for c in server.comments] == [
        "All is as it was released again ([run 9](https://github.com/acme/orders/actions/runs/9))."
    ]


def test_when_all_is_well_none_is_opened(server: GitHubServer, access: Access) -> None:
    assert tend_issue(CLEAN, access).url == ""
    assert server.issues == []


def test_after_it_was_closed_a_new_drift_opens_a_new_one(
    server: GitHubServer, access: Access
) -> None:
    tend_issue(DRIFT, access)
    tend_issue(CLEAN, access)

    tend_issue(finding(report(10, PROBLEM)), access)

    assert [i["state"] for i in server.issues] == ["closed", "open"]


def test_what_could_not_be_checked_opens_none_and_closes_none(
    server: GitHubServer, access: Access
) -> None:
    unknown = replace(report(8, PROBLEM), outcome="failed")

    none = tend_issue(finding(unknown, opens=False), access)
    tend_issue(DRIFT, access)
    tend_issue(finding(unknown, opens=False), access)

    assert none.url == ""
    assert [i["state"] for i in server.issues] == ["open"]


def test_one_of_a_later_run_is_left_as_it_is(server: GitHubServer, access: Access) -> None:
    tend_issue(finding(report(9, PROBLEM)), access)

    result = tend_issue(finding(report(8)), access)

    assert server.issues[0]["state"] == "open"
    assert "later" in result.notice


def test_a_marker_of_somebody_else_is_never_adopted(server: GitHubServer, access: Access) -> None:
    forged = server.issue(DRIFT.body, author=User("mallory", "User", integration=False))
    pull = server.issue(DRIFT.body, html_url="https://github.com/acme/orders/pull/5")

    tend_issue(DRIFT, access)
    tend_issue(CLEAN, access)

    assert (forged["state"], pull["state"]) == ("open", "open")
    assert len(server.issues) == 3


def test_of_two_runs_at_once_one_issue_stays(server: GitHubServer, access: Access) -> None:
    server.meanwhile("POST .*/issues", lambda: server.issue(DRIFT.body))

    tend_issue(DRIFT, access)

    assert [(i["number"], i["state"]) for i in server.issues] == [(100, "open"), (101, "closed")]


def test_other_functions_and_other_sets_have_issues_of_their_own(
    server: GitHubServer, access: Access
) -> None:
    pay = replace(CHECK, function_name="pay")
    several = replace(report(7, PROBLEM), function_name="", checks=(CHECK, pay))
    fewer = replace(several, checks=(CHECK, replace(pay, alias="blue")))

    for each in (report(7, PROBLEM), several, fewer):
        tend_issue(finding(each), access)

    assert len(server.issues) == 3
    assert "2 aliases" in server.issues[1]["title"]


def test_an_answer_that_is_lost_makes_no_second_issue(server: GitHubServer, access: Access) -> None:
    server.fail("POST .*/issues", 502, effect=True)

    result = tend_issue(DRIFT, access)

    assert len(server.issues) == 1
    assert (result.url, result.notice) == (server.issues[0]["html_url"], "")


@pytest.mark.parametrize("level", ["read", "none"])
def test_a_token_that_may_not_is_a_notice_that_says_what_to_allow(
    server: GitHubServer, access: Access, level: str
) -> None:
    server.users["ghs_ours"] = User("github-actions[bot]", issues=level)

    result = tend_issue(DRIFT, access)

    assert "permissions: issues: write" in result.notice
    assert server.issues == []


def test_a_github_that_is_down_is_a_notice(server: GitHubServer, clock: Clock) -> None:
    del server
    down = Access(token="ghs_ours", clock=clock, api_url="http://127.0.0.1:9")

    assert "was not brought up to date" in tend_issue(DRIFT, down).notice


def test_foreign_text_does_nothing_in_the_issue() -> None:
    assert "`<b>by` `hand</b>` `@acme/all`" in DRIFT.body
    assert "@acme" not in DRIFT.title
    assert "\n" not in DRIFT.title


def test_a_forged_marker_is_not_adopted_even_if_github_lists_it(
    server: GitHubServer, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    forged = server.issue(DRIFT.body, author=User("mallory", "User", integration=False))
    answer = server.answer

    def of_anybody(seen: Seen) -> Answer:
        query = {name: value for name, value in seen.query.items() if name != "creator"}
        return answer(replace(seen, query=query))

    monkeypatch.setattr(server, "answer", of_anybody)

    tend_issue(CLEAN, access)
    tend_issue(DRIFT, access)

    assert (forged["state"], len(server.issues)) == ("open", 2)


def test_a_body_without_a_marker_is_not_written(server: GitHubServer, access: Access) -> None:
    assert "no marker" in tend_issue(replace(DRIFT, body="text"), access).notice
    assert server.seen == []


def test_a_cancelled_job_writes_no_issue(server: GitHubServer, access: Access) -> None:
    def stop() -> None:
        raise Cancelled.of("E-CANCEL-01", "SIGTERM", "Run it again")

    result = tend_issue(DRIFT, replace(access, check=stop))

    assert "cancelled" in result.notice
    assert server.issues == []


def test_an_issue_that_github_never_took_is_a_notice(server: GitHubServer, access: Access) -> None:
    server.fail("POST .*/issues", 502)

    result = tend_issue(DRIFT, access)

    assert "did not answer" in result.notice
    assert (result.url, server.issues) == ("", [])


def test_a_second_issue_that_cannot_be_closed_is_told(server: GitHubServer, access: Access) -> None:
    server.issue(DRIFT.body)
    server.issue(DRIFT.body)
    server.fail("PATCH .*/issues/101", 403)

    result = tend_issue(DRIFT, access)

    assert result.url.endswith("/100")
    assert "a second issue of ours is still open" in result.notice

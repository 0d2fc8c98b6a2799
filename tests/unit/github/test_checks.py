"""The record of a plan: written once on its commit, and found again only when it is truly ours."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from signed_lambda.errors import Cancelled
from signed_lambda.github import (
    PlanRecord,
    PullRequest,
    RecordResult,
    changed_files,
    find_reviewed,
    record_plan,
)
from signed_lambda.manifest import Manifest, encode
from signed_lambda.review import MergedPullRequest, NotAsked, NotMerged, RecordedPlan
from tests.support.github_server import User
from tests.unit.core.test_manifest import BUILD
from tests.unit.report.cases import BUILD as HASH
from tests.unit.report.cases import COMMIT, OLD, RUN

if TYPE_CHECKING:
    from signed_lambda.github import Access
    from signed_lambda.report.model import Run
    from signed_lambda.review import Reviewed
    from tests.support.github_server import GitHubServer
    from tests.unit.github.conftest import Clock

NAME = "signed-lambda-deploy plan (eu-west-1/orders/live)"
HEAD = "e" * 40
RECORD = PlanRecord(
    repository="acme/orders",
    name=NAME,
    pull_request=7,
    commit=HEAD,
    build_sha256=HASH,
    passed=True,
    title="nothing blocks",
    summary="### all well",
    manifest=encode(BUILD),
    details_url="https://github.com/acme/orders/actions/runs/1",
)
THIS = PullRequest(repository="acme/orders", number=7)
PUSHED: Run = replace(RUN, event="push", branch="main")


def side(ref: str, sha: str) -> dict[str, Any]:
    return {"ref": ref, "sha": sha, "repo": {"full_name": "acme/orders"}}


FOR_7 = "For pull request 7.\n"


def check(server: GitHubServer, sha: str, *, name: str = NAME, **more: Any) -> None:  # noqa: ANN401 - any member
    """A record for pull request 7 that is already there."""
    server.check(name, sha, **({"output": {"text": FOR_7}} | more))


def merge(server: GitHubServer, **changes: object) -> None:
    """Pull request 7 was merged into main as the commit of the run."""
    state = {"state": "closed", "merged_at": "2026-11-22T08:59:00Z", "merge_commit_sha": COMMIT}
    sides = {"head": side("fix", HEAD), "base": side("main", "0" * 40)}
    server.commits[COMMIT] = [server.pull(7, **(state | sides | changes))]


def reviewed(access: Access, run: Run = PUSHED, **more: str) -> Reviewed:
    return find_reviewed({}, run, access, name=NAME, **more)


def plans(found: Reviewed) -> tuple[RecordedPlan, ...]:
    assert isinstance(found, MergedPullRequest), found
    return found.plans


# -- writing


def test_a_plan_is_recorded_on_its_commit_with_the_builds_hash(
    server: GitHubServer, access: Access
) -> None:
    done = record_plan(RECORD, access)

    [check] = server.checks
    assert done == RecordResult(url=check["html_url"], author="github-actions[bot]")
    assert (check["name"], check["head_sha"], check["external_id"]) == (NAME, HEAD, HASH.hex)
    assert (check["status"], check["conclusion"]) == ("completed", "success")
    assert check["output"]["title"] == "nothing blocks"
    assert len(server.seen) == 1


def test_a_refused_plan_is_recorded_as_a_failure(server: GitHubServer, access: Access) -> None:
    record_plan(replace(RECORD, passed=False, details_url=""), access)

    assert server.checks[0]["conclusion"] == "failure"


def test_a_token_that_may_not_write_checks_is_told_what_it_needs(
    server: GitHubServer, access: Access
) -> None:
    server.users["ghs_ours"] = User("github-actions[bot]", checks="read")

    done = record_plan(RECORD, access)

    assert server.checks == []
    assert done.author == ""
    assert "`permissions: checks: write`" in done.notice
    assert "`require-reviewed` cannot find it" in done.notice


def test_a_lost_answer_leaves_a_record(server: GitHubServer, access: Access) -> None:
    server.fail("POST .*check-runs", 502, effect=True)

    done = record_plan(RECORD, access)

    assert done.url
    assert {c["external_id"] for c in server.checks} == {HASH.hex}


def test_a_failing_github_is_a_notice(server: GitHubServer, access: Access) -> None:
    server.fail("POST", 500, times=99)

    assert "GitHub answered 500" in record_plan(RECORD, access).notice


def test_a_cancelled_job_is_a_notice(server: GitHubServer, access: Access, clock: Clock) -> None:
    def stop() -> None:
        raise Cancelled.of("E-CANCEL-01", "stopped", "run again")

    clock.on_sleep = stop
    server.fail("", 500, times=99)

    assert "the job was cancelled" in record_plan(RECORD, access).notice
    assert reviewed(access) == NotAsked(
        "the job was cancelled before the pull request was looked up"
    )


# -- reading


def test_a_job_that_is_cancelled_between_two_questions_is_not_asked(
    server: GitHubServer, access: Access, clock: Clock
) -> None:
    def stop() -> None:
        raise Cancelled.of("E-CANCEL-01", "stopped", "run again")

    merge(server)
    clock.on_sleep = stop
    server.fail("check-runs", 500, times=99)

    assert reviewed(access) == NotAsked("the job was cancelled")


def test_what_was_recorded_is_read_back_by_the_deploy(server: GitHubServer, access: Access) -> None:
    record_plan(RECORD, access)
    merge(server)

    found = reviewed(access)

    [plan] = plans(found)
    assert isinstance(found, MergedPullRequest)
    assert (found.number, found.head) == (7, HEAD)
    assert (plan.commit, plan.build_sha256, plan.passed) == (HEAD, HASH, True)
    assert plan.manifest == Manifest.of(BUILD)


def test_the_merge_queues_commit_counts_too(server: GitHubServer, access: Access) -> None:
    merge(server)
    check(server, COMMIT, external_id=HASH.hex)
    check(server, HEAD, external_id=OLD.hex)

    assert [(p.commit, p.build_sha256) for p in plans(reviewed(access))] == [
        (COMMIT, HASH),
        (HEAD, OLD),
    ]


def test_the_last_plan_of_a_commit_counts_alone(server: GitHubServer, access: Access) -> None:
    merge(server)
    check(server, HEAD, external_id=HASH.hex)
    check(server, HEAD, external_id=OLD.hex)

    assert [p.build_sha256 for p in plans(reviewed(access))] == [OLD]


def test_more_checks_than_a_page_are_read(server: GitHubServer, access: Access) -> None:
    merge(server)
    check(server, HEAD, external_id=HASH.hex)
    for _ in range(130):
        check(server, HEAD, app="mallory", external_id=OLD.hex)

    assert [p.build_sha256 for p in plans(reviewed(access))] == [HASH]


@pytest.mark.parametrize(
    "forged",
    [
        {"app": "mallory"},
        {"name": f"{NAME} "},
        {"name": NAME.replace("live", "dev")},
        {"name": NAME.replace("orders", "invoices")},
        {"name": NAME.upper()},
        {"status": "in_progress", "conclusion": None},
        {"sha": "d" * 40},
        {"output": {"text": "For pull request 8.\n"}},
        {"output": {"text": "For pull request 77.\n"}},
        {"output": {"text": "\nFor pull request 7.\n"}},
        {"output": {"text": None}},
    ],
    ids=str,
)
def test_what_is_not_our_record_of_this_function_is_none(
    server: GitHubServer, access: Access, forged: dict[str, Any]
) -> None:
    merge(server)
    check(server, **({"sha": HEAD, "external_id": HASH.hex} | forged))

    assert plans(reviewed(access)) == ()


@pytest.mark.parametrize("external_id", ["", "no hash", HASH.hex[:-1], HASH.hex + "0", "0" * 63])
def test_a_record_without_a_hash_vouches_for_nothing(
    server: GitHubServer, access: Access, external_id: str
) -> None:
    merge(server)
    check(server, HEAD, external_id=external_id)

    assert [p.build_sha256 for p in plans(reviewed(access))] == [None]


@pytest.mark.parametrize("conclusion", ["failure", "neutral", "skipped", "cancelled", "timed_out"])
def test_only_success_is_passed(server: GitHubServer, access: Access, conclusion: str) -> None:
    merge(server)
    check(server, HEAD, external_id=HASH.hex, conclusion=conclusion)

    assert [p.passed for p in plans(reviewed(access))] == [False]


@pytest.mark.parametrize("text", ["", "```\nno base64\n```\n", "```\n", "x" * 65_000])
def test_a_record_whose_files_cannot_be_read_still_has_its_hash(
    server: GitHubServer, access: Access, text: str
) -> None:
    merge(server)
    check(server, HEAD, external_id=HASH.hex, output={"text": FOR_7 + text})

    [plan] = plans(reviewed(access))
    assert (plan.build_sha256, plan.manifest) == (HASH, None)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"state": "open", "merged_at": None}, "pull request 7 is not merged"),
        ({"base": side("dev", "0" * 40)}, "was merged into 'dev', and this run is for 'main'"),
    ],
)
def test_a_pull_request_that_did_not_bring_the_commit_to_this_branch_vouches_for_nothing(
    server: GitHubServer, access: Access, changes: dict[str, Any], why: str
) -> None:
    merge(server, **changes)
    check(server, HEAD, external_id=HASH.hex)

    found = reviewed(access)

    assert isinstance(found, NotMerged)
    assert why in found.reason


@pytest.mark.parametrize(("default", "known"), [("main", True), ("release", False), (None, False)])
def test_a_tag_is_held_to_the_default_branch(
    server: GitHubServer, access: Access, default: str | None, *, known: bool
) -> None:
    """A tag can be put on a commit that was merged into any branch."""
    merge(server)
    check(server, HEAD, external_id=HASH.hex)
    event = {"repository": {"default_branch": default}} if default else {}

    found = find_reviewed(event, replace(PUSHED, branch=""), access, name=NAME)

    assert isinstance(found, MergedPullRequest) == known


def test_a_commit_that_the_merge_did_not_make_vouches_for_nothing(
    server: GitHubServer, access: Access
) -> None:
    """`pr-number` names a merged pull request; the run's commit was planned and never merged."""
    merge(server)
    rejected = "c" * 40
    check(server, rejected, external_id=HASH.hex)

    found = reviewed(access, replace(PUSHED, commit=rejected), pr_number="7")

    assert plans(found) == ()


def test_an_answer_of_another_form_is_not_asked(server: GitHubServer, access: Access) -> None:
    merge(server)
    server.fail("check-runs", 200, body=b"<html>a portal</html>", times=99)

    assert isinstance(reviewed(access), NotAsked)


def test_a_commit_without_a_pull_request_is_not_merged(access: Access) -> None:
    assert reviewed(access) == NotMerged("no pull request of this repository holds commit a1b2c3d")


def test_an_event_without_a_commit_of_a_pull_request_is_not_merged(access: Access) -> None:
    found = reviewed(access, replace(PUSHED, event="schedule"))

    assert isinstance(found, NotMerged)


@pytest.mark.parametrize("match", ["GET .*/pulls", "POST /graphql|GET /user", "check-runs"])
def test_a_github_that_fails_is_never_taken_for_a_review(
    server: GitHubServer, access: Access, match: str
) -> None:
    merge(server)
    check(server, HEAD, external_id=HASH.hex)
    server.fail(match, 500, times=99)

    found = reviewed(access)

    assert isinstance(found, NotAsked)
    assert "500" in found.reason


def test_a_missing_token_is_not_asked(access: Access) -> None:
    assert isinstance(reviewed(replace(access, token="")), NotAsked)


def test_another_apps_token_goes_by_that_apps_records(server: GitHubServer, access: Access) -> None:
    merge(server)
    server.users["ghs_ours"] = User("deployer[bot]")
    check(server, HEAD, external_id=OLD.hex)
    check(server, HEAD, app="deployer", external_id=HASH.hex)

    assert [p.build_sha256 for p in plans(reviewed(access))] == [HASH]


def test_a_persons_token_goes_by_the_records_of_workflows(
    server: GitHubServer, access: Access
) -> None:
    merge(server)
    server.users["ghs_ours"] = User("anna", kind="User", integration=False)
    check(server, HEAD, app="anna", external_id=OLD.hex)
    check(server, HEAD, external_id=HASH.hex)

    assert [p.build_sha256 for p in plans(reviewed(access))] == [HASH]


# -- the files of a pull request


def test_all_pages_of_changed_files_are_read_with_their_old_names(
    server: GitHubServer, access: Access
) -> None:
    server.pull(7)
    server.changed(7, *(f"src/{i}.py" for i in range(150)))
    server.files[7].append(
        {"filename": "new.py", "status": "renamed", "previous_filename": "old.py"}
    )

    found = changed_files(THIS, access)

    assert found is not None
    assert {"src/0.py", "src/149.py", "new.py", "old.py"} <= found
    assert len(found) == 152


def test_a_list_that_github_cuts_off_is_not_known(server: GitHubServer, access: Access) -> None:
    server.pull(7)
    server.changed(7, *(f"{i}" for i in range(3_000)))

    assert changed_files(THIS, access) is None


def test_files_that_cannot_be_listed_are_not_known(server: GitHubServer, access: Access) -> None:
    server.fail("GET", 500, times=99)

    assert changed_files(THIS, access) is None

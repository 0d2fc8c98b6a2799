"""The reviewer's side, as a team sees it: plan, comment, record, merge, deploy, refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from signed_lambda.errors import Cancelled, IdentityError
from tests.support.github_server import GitHubServer, User
from tests.support.lying import Lie, lying
from tests.support.project import MERGED, Project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.action import Ended, Team


@pytest.fixture
def github() -> Iterator[GitHubServer]:
    with GitHubServer() as server:
        yield server

    assert server.violations == []


@pytest.fixture
def project(team: Team, github: GitHubServer) -> Project:
    """With version 1 live and a change that waits in the pull request."""
    team.deployed()
    team.change_code()
    return Project(team, github)


LOOP = "def handler(event, context):\n    client.invoke(FunctionName=context.function_name)\n"


def test_a_plan_writes_the_comment_and_records_the_build_on_the_head(project: Project) -> None:
    ended = project.plan()

    [comment] = project.comments()
    build = ended.outputs["build-sha256"]
    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "planned"), ended.log
    assert project.records() == [(project.head, build, "success")]
    assert "Nothing blocks, please look at what is marked: `orders` → `live`" in comment.body
    assert "**Merging publishes a new version and moves `live` on from version 1.**" in comment.body
    assert "A deploy with `require-reviewed: true` refuses any other build." in comment.body
    assert ended.writes == []


def test_a_plan_that_changes_nothing_asks_github_three_times(project: Project) -> None:
    project.team.change_code("what runs is what was reviewed")
    first = project.plan()
    project.requests()

    second = project.plan()

    assert (first.outputs["outcome"], second.outputs["outcome"]) == ("unchanged", "unchanged")
    assert [r.partition(" ")[0] for r in project.requests()] == ["POST", "GET", "PATCH"]
    assert len(project.comments()) == 1


def test_after_the_merge_the_comment_turns_into_the_chain_of_what_was_deployed(
    project: Project,
) -> None:
    planned = project.plan()
    [before] = project.comments()
    project.merge()

    ended = project.deploy()

    [after] = project.comments()
    assert ended.exit_code == 0, ended.log
    assert after.id == before.id
    assert ended.report["build_sha256"] == planned.report["build_sha256"]
    assert "**What runs is what was reviewed:**" in after.body
    assert "| ✅ | [Build reviewed](" in after.body
    assert "| ✅ | CodeSha256 behind alias `live` = version 2 |" in after.body
    assert "### ⚠️ Now runs version 2 (was 1): `orders` → `live`" in after.body


def test_a_build_that_was_reviewed_is_deployed_when_a_review_is_required(project: Project) -> None:
    project.plan(require_reviewed="true")
    project.merge()

    ended = project.deploy(require_reviewed="true")

    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "deployed"), ended.log
    [fact] = [f for f in ended.report["facts"] if f["step"] == "review"]
    assert fact["proof"] == f"its plan of commit {project.head[:7]} recorded this build"
    assert ended.report["review"]["same"] is True


def test_a_build_that_differs_from_the_reviewed_one_is_refused_and_shown(project: Project) -> None:
    project.plan(require_reviewed="true")
    project.merge()
    project.team.write_source({"extra.py": "A = 1\n"})
    before = project.team.alias()

    ended = project.deploy(require_reviewed="true")

    [comment] = project.comments()
    assert (ended.exit_code, ended.error_ids) == (36, ["E-REVIEW-03"])
    assert ended.outputs["outcome"] == "refused"
    assert ended.writes == []
    assert project.team.alias() == before
    assert ended.report["review"]["differing"] == [{"name": "extra.py", "what": "added"}]
    assert "| `extra.py` | added |" in comment.body
    assert "added     extra.py" in ended.log


def test_a_build_that_differs_is_marked_where_no_review_is_required(project: Project) -> None:
    project.plan()
    project.merge()
    project.team.write_source({"extra.py": "A = 1\n"})

    ended = project.deploy()

    body = project.comments()[-1].body
    assert ended.outputs["outcome"] == "deployed"
    assert "This is not the build that was reviewed in pull request 7" in body
    assert "What runs is what was reviewed" not in body
    assert "| `extra.py` | added |" in body


@pytest.mark.parametrize(
    ("merged", "planned", "error_id"),
    [(False, True, "E-REVIEW-01"), (True, False, "E-REVIEW-02")],
)
def test_a_build_without_a_review_is_refused(
    project: Project, *, merged: bool, planned: bool, error_id: str
) -> None:
    if planned:
        project.plan()
    if merged:
        project.merge()

    ended = project.deploy(require_reviewed="true")

    assert (ended.exit_code, ended.error_ids) == (36, [error_id])
    assert ended.writes == []


def test_a_plan_that_was_refused_does_not_count_as_a_review(project: Project) -> None:
    project.team.write_source({"app.py": LOOP})
    planned = project.plan(require_reviewed="true")
    project.merge()

    ended = project.deploy(require_reviewed="true", fail_on="never")

    assert planned.error_ids == ["E-SCAN-01"]
    assert (ended.exit_code, ended.error_ids) == (36, ["E-REVIEW-05"])


def test_a_plan_of_a_push_records_nothing(project: Project) -> None:
    """Else a direct push, planned and then deployed, would pass for reviewed."""
    project.merge()

    project.run("plan", "push", {}, "refs/heads/main")
    ended = project.deploy(require_reviewed="true")

    assert project.records() == []
    assert ended.exit_code == 36


def test_the_merge_queues_plan_counts_for_the_commit_that_it_pushes(project: Project) -> None:
    ref = f"refs/heads/gh-readonly-queue/main/pr-7-{'0' * 40}"

    planned = project.run("plan", "merge_group", {"merge_group": {"head_ref": ref}}, ref)
    project.merge()
    ended = project.deploy(require_reviewed="true")

    assert project.records() == [(MERGED, planned.outputs["build-sha256"], "success")]
    assert len(project.comments()) == 1
    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "deployed"), ended.log


def test_a_refused_plan_still_shows_what_would_change(project: Project) -> None:
    project.team.write_source({"app.py": LOOP})

    ended = project.plan()

    [comment] = project.comments()
    assert (ended.exit_code, ended.error_ids) == (27, ["E-SCAN-01"])
    assert {f["name"] for f in ended.report["comparison"]["files"]} == {"app.py", "data/words.txt"}
    assert project.records()[0][2] == "failure"
    assert "Do not merge yet, 1 thing blocks" in comment.body
    assert "| `app.py` | modified |" in comment.body


def test_all_that_stands_against_a_deploy_is_told_at_once(project: Project) -> None:
    project.team.write_source({"app.py": LOOP})

    ended = project.plan(bucket="nobodys-bucket")

    assert ended.error_ids == ["E-SCAN-01", "E-BUCKET-01"]
    assert "Do not merge yet, 2 things block" in project.comments()[0].body


def test_a_worse_verdict_is_a_new_comment_and_the_old_one_is_history(project: Project) -> None:
    project.plan()
    [old] = project.comments()
    project.team.write_source({"app.py": LOOP})

    project.plan()

    [new] = project.comments()
    assert new.id != old.id
    assert "Do not merge yet" in new.body
    assert (old.minimized, new.minimized) == ("OUTDATED", "")
    assert f"[a newer comment](https://github.com/acme/orders/pull/7#issuecomment-{new.id})" in (
        old.body
    )
    assert "Nothing blocks" in old.body


def test_a_better_verdict_is_written_over_the_old_one(project: Project) -> None:
    project.team.write_source({"app.py": LOOP})
    project.plan()
    [old] = project.comments()
    project.team.write_source({"app.py": "def handler(event, context):\n    return 1\n"})

    project.plan()

    [new] = project.comments()
    assert new.id == old.id
    assert "Nothing blocks" in new.body


def test_files_of_the_pull_request_are_told_from_those_that_moved_otherwise(
    project: Project,
) -> None:
    project.team.write_source({"greet.py": "def hello(event):\n    return 1\n"})
    project.github.changed(7, "function/greet.py", "README.md")

    ended = project.plan()

    marks = {f["name"]: f["in_pull_request"] for f in ended.report["comparison"]["files"]}
    assert marks == {"data/words.txt": False, "greet.py": True}
    body = project.comments()[0].body
    assert "| ✅ | `greet.py` | modified |" in body
    assert "| ⚠️ | `data/words.txt` | modified |" in body


def test_a_build_made_of_other_files_is_not_marked(project: Project) -> None:
    project.github.changed(7, "src/main.ts")

    ended = project.plan()

    assert [f["in_pull_request"] for f in ended.report["comparison"]["files"]] == [None]


def test_a_dependency_that_moves_is_one_row_with_its_versions(project: Project) -> None:
    def installed(version: str) -> dict[str, str]:
        folder = f"boto3-{version}.dist-info"
        return {
            f"{folder}/RECORD": f"boto3/__init__.py,,\nboto3/session.py,,\n{folder}/RECORD,,\n",
            "boto3/__init__.py": f"__version__ = '{version}'\n",
            "boto3/session.py": "A = 1\n",
            "node_modules/left-pad/package.json": f'{{"version": "{version}"}}',
            "node_modules/left-pad/index.js": f"// {version}\n",
        }

    project.team.write_source(installed("1.0"))
    project.team.deployed()
    for path in (project.team.workspace / "function" / "boto3-1.0.dist-info").iterdir():
        path.unlink()
    project.team.write_source(installed("1.1"))
    project.github.changed(7, "function/requirements.txt")

    ended = project.plan()

    comparison = ended.report["comparison"]
    assert comparison["dependencies"] == [
        {"name": "boto3", "before": "1.0", "after": "1.1", "files": 3},
        {"name": "left-pad", "before": "1.0", "after": "1.1", "files": 2},
    ]
    assert comparison["pins"] == ["function/requirements.txt"]
    assert "| ✅ | `boto3` | `1.0` → `1.1` | 3 |" in project.comments()[0].body


def test_what_the_pull_request_changes_has_a_row_whatever_a_record_claims(project: Project) -> None:
    project.team.write_source(
        {
            "boto3-1.0.dist-info/RECORD": "data/words.txt,,\napp.py,,\n",
            "app.py": LOOP,
        }
    )
    project.github.changed(
        7, "function/app.py", "function/data/words.txt", "function/boto3-1.0.dist-info/RECORD"
    )

    ended = project.plan()

    body = project.comments()[0].body
    assert ended.error_ids == ["E-SCAN-01"]
    assert "| ✅ | `app.py` | modified |" in body
    assert "| ✅ | `data/words.txt` | modified |" in body


# -- forks


def test_a_forks_plan_without_credentials_packs_and_reviews_and_fails_for_nothing(
    project: Project,
) -> None:
    project.github.users["ghs_ours"] = User(
        "github-actions[bot]", pull_requests="read", checks="read"
    )
    project.team.connect_error = IdentityError.of("E-IDENTITY-01", "no credentials", "give some")

    ended = project.plan(fork=True, require_reviewed="true")

    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "planned"), ended.log
    assert len(ended.outputs["build-sha256"]) == 64
    assert "a fork's pull request has no AWS credentials" in ended.summary
    assert "not all could be looked at" in ended.summary
    assert ended.log.count("::notice::the ") == 1
    assert "a second workflow, started by `workflow_run`" in ended.log
    assert project.comments() == []
    assert project.records() == []


def test_a_forks_plan_still_blocks_on_a_finding(project: Project) -> None:
    project.team.connect_error = IdentityError.of("E-IDENTITY-01", "no credentials", "give some")
    project.team.write_source({"app.py": LOOP})

    assert project.plan(fork=True).error_ids == ["E-SCAN-01"]


def test_missing_credentials_of_our_own_pull_request_are_an_error(project: Project) -> None:
    project.team.connect_error = IdentityError.of("E-IDENTITY-01", "no credentials", "give some")

    assert project.plan().error_ids == ["E-IDENTITY-01"]


def test_wrong_credentials_of_a_fork_are_an_error(project: Project) -> None:
    project.team.connect_error = IdentityError.of("E-IDENTITY-08", "not accepted", "give others")

    assert project.plan(fork=True).error_ids == ["E-IDENTITY-08"]


def second_stage(project: Project) -> Ended:
    """The workflow that the one of a fork's pull request starts."""
    begun_by = {
        "event": "pull_request",
        "head_sha": project.head,
        "head_branch": "fix",
        "head_repository": {"full_name": "mallory/orders", "owner": {"login": "mallory"}},
    }
    return project.run("plan", "workflow_run", {"workflow_run": begun_by}, "refs/heads/main")


def test_the_second_workflow_for_a_fork_needs_credentials(project: Project) -> None:
    """GitHub gives it some: without them its record would say that nothing blocks."""
    project.team.connect_error = IdentityError.of("E-IDENTITY-01", "no credentials", "give some")

    ended = second_stage(project)

    assert ended.error_ids == ["E-IDENTITY-01"]
    assert {conclusion for _, _, conclusion in project.records()} <= {"failure"}


def test_an_event_that_cannot_be_read_is_no_forks(project: Project) -> None:
    project.team.connect_error = IdentityError.of("E-IDENTITY-01", "no credentials", "give some")

    ended = project.run("plan", "pull_request", {}, "refs/pull/7/merge")

    assert ended.error_ids == ["E-IDENTITY-01"]


def test_the_second_workflow_for_a_fork_writes_comment_and_record(project: Project) -> None:
    project.pull |= {
        "head": {
            "ref": "fix",
            "sha": project.head,
            "label": "mallory:fix",
            "repo": {"full_name": "mallory/orders"},
        }
    }
    ended = second_stage(project)

    build = ended.outputs["build-sha256"]
    assert ended.exit_code == 0, ended.log
    assert len(project.comments()) == 1
    assert project.records() == [(project.head, build, "success")]


def test_a_workflow_that_a_push_started_records_nothing(project: Project) -> None:
    project.merge()
    begun_by = {"event": "push", "head_sha": MERGED, "head_branch": "main"}

    project.run("plan", "workflow_run", {"workflow_run": begun_by}, "refs/heads/main")

    assert project.records() == []


# -- what a plan may not see


def test_a_plan_that_may_not_see_something_is_refused_when_told_so(project: Project) -> None:
    project.team.sandbox.faults.add("GetFunctionCodeSigningConfig", "denied", times=None)

    lenient = project.plan()
    strict = project.plan(fail_on_unseen="true")

    assert lenient.exit_code == 0
    assert (strict.exit_code, strict.error_ids) == (28, ["E-ACCESS-03"])
    assert "lambda:GetFunctionCodeSigningConfig" in strict.log
    assert "- ⚪ **Look at the code signing**: " in project.comments()[-1].body


def test_a_plan_without_signing_says_so_at_its_top(project: Project) -> None:
    ended = project.plan(allow_unsigned="true", signing_profile="")

    assert ended.error_ids == ["E-CODESIGNING-04"]
    assert any(w.startswith("A deploy would be UNSIGNED") for w in ended.report["warnings"])
    assert "⚠️ **Warning:** A deploy would be UNSIGNED" in project.comments()[0].body


# -- rights and limits


def test_a_token_without_checks_is_told_only_where_a_review_is_required(project: Project) -> None:
    project.github.users["ghs_ours"] = User("github-actions[bot]", checks="none")

    quiet = project.plan()
    told = project.plan(require_reviewed="true")

    assert "checks: write" not in quiet.log
    assert "give the job `permissions: checks: write`" in told.log
    assert len(project.comments()) == 1


def test_a_look_up_that_takes_the_runs_time_is_told_as_that(project: Project) -> None:
    """And so is a cancelled one: neither says that the build was not reviewed."""
    project.merge()
    for match in ("GET .*/pulls", "POST /graphql"):
        project.github.fail(match, 429, headers={"Retry-After": "50"})

    ended = project.deploy(require_reviewed="true", timeout_minutes="1")

    assert (ended.exit_code, ended.error_ids) == (30, ["E-TIME-01"])
    assert ended.writes == []


def test_without_a_token_a_required_review_is_refused(project: Project) -> None:
    ended = project.deploy(require_reviewed="true", github_token="")

    assert (ended.exit_code, ended.error_ids) == (36, ["E-REVIEW-04"])
    assert ended.writes == []


def test_a_failing_github_refuses_a_deploy_only_where_a_review_is_required(
    project: Project,
) -> None:
    project.github.fail("", 500, times=999)

    strict = project.deploy(require_reviewed="true")
    lenient = project.deploy()

    assert strict.error_ids == ["E-REVIEW-04"]
    assert lenient.outputs["outcome"] == "deployed"


def test_a_cancelled_run_talks_to_nobody_but_the_log(project: Project) -> None:
    project.team.wrap = lying(identity=cancelled)

    ended = project.plan()

    assert (ended.exit_code, ended.error_ids) == (31, ["E-CANCEL-01"])
    assert project.requests() == []
    assert "E-CANCEL-01" in ended.summary


def cancelled(_real: Lie, *_args: object) -> object:
    raise Cancelled.of("E-CANCEL-01", "stopped", "run it again")


def test_a_github_that_hangs_is_given_up_in_a_minute(project: Project) -> None:
    project.github.fail("", 429, times=999, headers={"Retry-After": "40"})
    clock = project.team.sandbox.clock
    before = clock.monotonic()

    ended = project.plan()

    assert ended.exit_code == 0, ended.log
    assert clock.monotonic() - before < 65
    assert "the pull-request comment was not written" in ended.log

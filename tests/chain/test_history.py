"""`history`, as a user sees it: what was released, by whom, and what can be rolled back to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from signed_lambda.chain import releases as chain
from tests.attacks.conftest import evil_zip
from tests.support.github_server import GitHubServer
from tests.support.project import TOKEN

if TYPE_CHECKING:
    from tests.support.action import Ended, Team


@pytest.fixture
def released(team: Team) -> Team:
    """Versions 1, 2 and 3; live was moved back from 3 to 2, with a reason."""
    for text in ("one", "two", "three"):
        team.change_code(text)
        team.deployed()
    team.deployed(command="rollback", reason="errors | since @noon")
    return team


def listed(ended: Ended) -> list[dict[str, Any]]:
    """The releases of the report."""
    found: list[dict[str, Any]] = ended.report["releases"]
    return found


def test_it_tells_each_release_and_writes_nothing(released: Team) -> None:
    codes = dict(released.versions())

    ended = released.run("history")

    newest, live, oldest = listed(ended)
    assert (ended.exit_code, ended.outputs["outcome"], ended.writes) == (0, "listed", [])
    assert [r["version"] for r in listed(ended)] == ["3", "2", "1"]
    assert [r["code_sha256"]["base64"] for r in listed(ended)] == [codes[n] for n in "321"]
    assert [r["place"] for r in listed(ended)] == ["previous", "live", ""]
    assert (live["command"], live["reason"]) == ("rollback", "errors | since @noon")
    assert (newest["command"], oldest["command"]) == ("", "")
    assert [r["run_id"] for r in listed(ended)] == [1003, 1002, 1001]
    assert {r["commit"] for r in listed(ended)} == {f"{n:040x}" for n in (1, 2, 3)}
    assert all(r["hash_alias"].startswith("HASH-") and r["build"] for r in listed(ended))
    profile = released.estate.profile
    assert all(
        r["signed_by"].startswith(f"{profile}/") and r["signing_job_id"] for r in listed(ended)
    )
    assert {(r["standing"], r["why"]) for r in listed(ended)} == {("usable", "signed, not revoked")}
    assert all(r["published_at"].endswith("+00:00") for r in listed(ended))


def test_its_outputs_are_what_a_rollback_takes(released: Team) -> None:
    outputs = released.run("history").outputs

    assert (outputs["version"], outputs["previous-version"]) == ("2", "3")
    assert released.run("history").report["undo_version"] == "3"
    assert json.loads(outputs["releases"]) == ["3", "2", "1"]
    assert outputs["code-sha256"] == dict(released.versions())["2"]
    assert outputs["changed"] == "false"


def test_the_summary_shows_a_picture_and_a_list(released: Team) -> None:
    ended = released.run("history")

    picture = ended.summary.partition("```mermaid\n")[2].partition("\n```")[0]
    day = released.sandbox.clock.now().date().isoformat()
    assert picture.splitlines() == [
        "flowchart TB",
        *(f'  n{n - 1}["{n}#44; {day.replace("-", "#45;")}"]' for n in (1, 2, 3)),
        "  n0 --> n1",
        "  n1 --> n2",
        '  alias["live"]',
        "  alias ==> n1",
        "  alias -.-> n2",
    ]
    assert "- ✅ ➡️ version 2 `" in ended.summary
    assert "errors &#124; since @" in ended.summary
    assert "since @noon" not in ended.summary
    assert "3 versions listed, it runs version 2" in ended.summary


def test_the_log_names_what_can_be_copied(released: Team) -> None:
    log = released.run("history").log

    name = next(
        a["Name"]
        for a in released.client("lambda").list_aliases(
            FunctionName=released.estate.function, FunctionVersion="2"
        )["Aliases"]
        if a["Name"].startswith("HASH-")
    )
    assert f"version 2, runs now: {dict(released.versions())['2']}" in log
    assert name in log


def test_a_version_of_somebody_else_is_told_as_such(released: Team) -> None:
    acts = released.sandbox.acts
    acts.set_code_signing_policy(released.estate.function, "Warn")
    acts.console_edit_code(released.estate.function, evil_zip())
    acts.publish(released.estate.function)

    ended = released.run("history")

    foreign = listed(ended)[0]
    assert (foreign["version"], foreign["build"], foreign["signed_by"]) == ("4", "", "")
    assert (foreign["standing"], foreign["why"]) == ("refused", "unsigned")
    assert "#44; by others" in ended.summary
    assert "published outside this action" in ended.summary
    assert json.loads(ended.outputs["releases"]) == ["3", "2", "1"]


def test_an_unsigned_version_can_be_used_where_unsigned_code_is_allowed(team: Team) -> None:
    team.sandbox.acts.remove_code_signing(team.estate.function)
    team.deployed(signing_profile="", allow_unsigned="true", require_code_signing="off")

    [strict] = listed(team.run("history"))
    [allowed] = listed(team.run("history", allow_unsigned="true"))

    assert (strict["standing"], allowed["standing"]) == ("refused", "usable")
    assert strict["why"] == allowed["why"] == "unsigned"


def test_a_revoked_signature_is_told_before_somebody_needs_the_version(released: Team) -> None:
    job = listed(released.run("history"))[0]["signing_job_id"]
    released.sandbox.acts.revoke_job(job)

    ended = released.run("history")

    assert [(r["standing"], r["why"]) for r in listed(ended)[:2]] == [
        ("refused", "its signature was revoked"),
        ("usable", "signed, not revoked"),
    ]
    assert ended.report["undo_version"] == ""
    assert any("A rollback to version 3" in w and "revoked" in w for w in ended.report["warnings"])
    assert ended.exit_code == 0


@pytest.mark.parametrize(
    ("act", "why"),
    [
        ("revoke_profile", "its signing profile is Revoked"),
        ("publisher", "its profile version is no allowed publisher any more"),
    ],
)
def test_a_profile_that_is_trusted_no_more_is_told(released: Team, act: str, why: str) -> None:
    if act == "publisher":
        config = released.sandbox.lambda_state.code_signing_configs
        config[released.estate.code_signing_config_arn].allowed_publishers = ()
    else:
        released.sandbox.acts.revoke_profile(released.estate.profile)

    ended = released.run("history")

    assert {(r["standing"], r["why"]) for r in listed(ended)} == {("refused", why)}


def test_a_deleted_version_before_is_told_and_is_no_undo(released: Team) -> None:
    acts, function = released.sandbox.acts, released.estate.function
    for alias in released.client("lambda").list_aliases(FunctionName=function, FunctionVersion="3")[
        "Aliases"
    ]:
        acts.delete_alias(function, alias["Name"])
    acts.delete_version(function, "3")

    ended = released.run("history")

    assert [r["version"] for r in listed(ended)] == ["2", "1"]
    assert any("Version 3" in w and "deleted" in w for w in ended.report["warnings"])
    assert ended.report["undo_version"] == ""


def test_an_alias_moved_by_hand_says_so(released: Team) -> None:
    client = released.client("lambda")
    client.update_alias(
        FunctionName=released.estate.function, Name="live", FunctionVersion="1", Description="by me"
    )

    ended = released.run("history")

    assert any("outside this action" in w for w in ended.report["warnings"])
    assert [r["place"] for r in listed(ended)] == ["", "", "live"]
    assert ended.outputs["previous-version"] == ""


def test_an_alias_that_is_not_there_is_a_warning_and_versions_are_listed(released: Team) -> None:
    ended = released.run("history", alias="prod")

    assert (ended.exit_code, len(listed(ended))) == (0, 3)
    assert any("'prod'" in w and "does not exist" in w for w in ended.report["warnings"])
    assert [r["aliases"] for r in listed(ended)] == [[], ["live"], []]


def test_a_hash_alias_that_was_moved_names_no_version(released: Team) -> None:
    function, client = released.estate.function, released.client("lambda")
    name = listed(released.run("history"))[2]["hash_alias"]
    client.update_alias(FunctionName=function, Name=name, FunctionVersion="2")

    found = listed(released.run("history"))

    assert [bool(r["hash_alias"]) for r in found] == [True, True, False]


def test_a_very_long_history_is_cut_and_says_how_much(
    released: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    released.deployed(command="rollback", to="1")
    monkeypatch.setattr(chain, "MOST", 1)

    ended = released.run("history")

    assert [r["version"] for r in listed(ended)] == ["3", "2", "1"]
    assert ended.report["older_releases"] == 0
    released.deployed(command="rollback", to="3")
    ended = released.run("history")
    assert [r["version"] for r in listed(ended)] == ["3", "1"]
    assert ended.report["older_releases"] == 1
    assert "and 1 older version" in ended.summary


def test_github_tells_pull_requests_and_people(released: Team) -> None:
    with GitHubServer() as github:
        pull = github.pull(7, state="closed", merged_at="2026-11-22T08:59:00Z")
        github.commits[f"{2:040x}"] = [pull | {"merge_commit_sha": f"{2:040x}"}]
        github.started = {1002: ("anna", 1, "anna")}
        ended = released.run(
            "history", env={"GITHUB_API_URL": github.url}, github_token=TOKEN, comment="update"
        )
        violations, comments = github.violations, github.comments

    assert (listed(ended)[1]["pull_request"], listed(ended)[1]["who"]) == (7, "anna")
    assert (listed(ended)[0]["pull_request"], listed(ended)[0]["who"]) == (0, "")
    assert "[pull request 7](https://github.com/acme/orders/pull/7)" in ended.summary
    assert (violations, comments) == ([], [])


def test_a_function_of_images_or_none_is_refused(team: Team) -> None:
    ended = team.run("history", function_name="nothing-there")

    assert (ended.exit_code, ended.error_ids) == (17, ["E-FUNCTION-01"])
    assert ended.report["releases"] == []

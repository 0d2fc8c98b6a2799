"""The file of GitHub's event, broken in every way: a deploy works, and says what it did not see."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.github_server import GitHubServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.action import Team


def _folder(path: Path) -> None:
    path.mkdir()


def _link_to_itself(path: Path) -> None:
    path.symlink_to(path)


def _large(path: Path) -> None:
    padding = "x" * 1024 * 1024
    path.write_text(json.dumps({"pull_request": {}, "padding": [padding] * 50}))


CASES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda path: None, "cannot be read: No such file or directory"),
    "unreadable": (_link_to_itself, "cannot be read: Too many levels of symbolic links"),
    "a folder": (_folder, "cannot be read: Is a directory"),
    "empty": (lambda path: path.write_bytes(b""), "is not JSON"),
    "cut off": (lambda path: path.write_bytes(b'{"pull_request": {"nu'), "is not JSON"),
    "not text": (lambda path: path.write_bytes(b"\x89PNG\xff\xfe\x00"), "is not JSON"),
    "too deep": (lambda path: path.write_bytes(b"[" * 200_000), "is not JSON"),
    "an array": (lambda path: path.write_bytes(b'[{"number": 7}]'), "holds no JSON object"),
    "null": (lambda path: path.write_bytes(b"null"), "holds no JSON object"),
    "50 MB": (_large, "is larger than 33554432 bytes"),
}
OTHERS = {
    "a pull request": {"pull_request": {"number": 7, "head": {"sha": "b" * 40}}},
    "a pull request of no form": {"pull_request": [{"head": "::error::x"}], "number": {}},
    "a push": {"ref": "refs/heads/main", "commits": None, "repository": "acme/orders"},
    "another workflow": {"workflow_run": {"head_sha": "b" * 40}},
    "an alien": {"workflow_run": 7, "merge_group": "x", "inputs": None},
}


@pytest.mark.parametrize("case", CASES)
def test_a_deploy_works_without_the_event_and_says_what_it_did_not_read(
    team: Team, tmp_path: Path, case: str
) -> None:
    write, why = CASES[case]
    path = tmp_path / "broken.json"
    write(path)

    ended = team.run(env={"GITHUB_EVENT_PATH": str(path)})

    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "deployed"), ended.log
    assert ended.outputs["comment-url"] == ""
    shown = [a.message for a in ended.console.annotations if a.level == "warning"]
    assert any(why in message and "without a comment" in message for message in shown)
    assert why in " ".join(ended.log.split())
    assert why in ended.summary.replace("`", "")


def test_a_deploy_works_where_the_runner_names_no_event_file(team: Team) -> None:
    ended = team.run(env={"GITHUB_EVENT_PATH": ""})

    assert ended.exit_code == 0, ended.log
    assert "GITHUB_EVENT_PATH is not set" in ended.report["warnings"][0]


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize(
    "name", ["push", "schedule", "workflow_dispatch", "merge_group", "nonsense"]
)
def test_the_file_of_another_event_changes_nothing(
    team: Team, tmp_path: Path, name: str, other: str
) -> None:
    path = tmp_path / "other.json"
    path.write_text(json.dumps(OTHERS[other]))
    env = {"GITHUB_EVENT_PATH": str(path), "GITHUB_EVENT_NAME": name}

    ended = team.run(env=env)

    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "deployed"), ended.log
    assert ended.report["run"]["commit"] == f"{team.runs:040x}"
    assert [a.level for a in ended.console.annotations] == ["warning", "notice"]


@pytest.mark.parametrize("case", CASES)
def test_a_pull_request_that_cannot_be_read_may_be_a_forks_and_never_writes(
    team: Team, tmp_path: Path, case: str
) -> None:
    path = tmp_path / "broken.json"
    CASES[case][0](path)
    env = {"GITHUB_EVENT_PATH": str(path), "GITHUB_EVENT_NAME": "pull_request"}

    ended = team.run(env=env)

    assert (ended.exit_code, ended.error_ids) == (34, ["E-EVENT-02"])
    assert "an unknown repository" in ended.log
    assert ended.calls == ()


def test_without_the_event_a_push_finds_its_pull_request_by_the_commit(team: Team) -> None:
    with GitHubServer() as server:
        ended = team.run(
            env={"GITHUB_EVENT_PATH": "", "GITHUB_API_URL": server.url},
            comment="update",
            github_token="ghs_ours",
        )

        assert ended.exit_code == 0, ended.log
        assert server.violations == []
        assert [request.method for request in server.seen] == ["GET"]
        assert any("no comment: " in a.message for a in ended.console.annotations)

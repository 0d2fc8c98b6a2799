"""The one comment when GitHub refuses or loses an answer: one at most, and a notice."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from signed_lambda.errors import Cancelled
from signed_lambda.github import upsert_comment
from tests.support.github_server import User
from tests.unit.github.comments import COMMENTS, HERE, body
from tests.unit.github.conftest import BACKENDS

if TYPE_CHECKING:
    from signed_lambda.github import Access, PullRequest
    from tests.support.github_server import GitHubServer
    from tests.unit.github.conftest import Clock


pytestmark = pytest.mark.parametrize("server", BACKENDS, indirect=True)


def test_answer_lost_after_the_comment_was_created_leaves_one(
    server: GitHubServer, access: Access
) -> None:
    server.fail(f"POST {COMMENTS}", 502, effect=True)

    result = upsert_comment(HERE, body(), access)

    assert [c.body for c in server.comments] == [body()]
    assert result.url.endswith(f"#issuecomment-{server.comments[0].id}")
    assert len(server.sent("POST")) == 1


def test_connection_closed_after_the_comment_was_created_leaves_one(
    server: GitHubServer, access: Access
) -> None:
    server.fail(f"POST {COMMENTS}", 0, effect=True)

    result = upsert_comment(HERE, body(), access)

    assert len(server.comments) == 1
    assert result.url


@pytest.mark.parametrize("status", [408, 502])
def test_502_before_the_comment_was_created_is_sent_again(
    server: GitHubServer, access: Access, status: int
) -> None:
    server.fail(f"POST {COMMENTS}", status)

    result = upsert_comment(HERE, body(), access)

    assert len(server.comments) == 1
    assert len(server.sent("POST")) == 2
    assert result.notice == ""


def test_502_whose_comment_appears_only_after_the_look_leaves_one(
    server: GitHubServer, access: Access
) -> None:
    server.fail(f"POST {COMMENTS}", 502)
    server.meanwhile(
        f"POST {COMMENTS}",
        lambda: server.meanwhile(f"GET {COMMENTS}", lambda: server.comment(body())),
    )

    result = upsert_comment(HERE, body(), access)

    assert len(server.sent("POST")) == 2
    assert [c.body for c in server.comments] == [body()]
    assert result.url.endswith(f"#issuecomment-{server.comments[0].id}")
    assert result.notice == ""


def test_502_after_which_nothing_can_be_read_is_not_sent_again(
    server: GitHubServer, access: Access
) -> None:
    server.fail(f"POST {COMMENTS}", 502, effect=True)
    server.meanwhile(f"POST {COMMENTS}", lambda: server.fail("GET|graphql", 502, times=99))

    result = upsert_comment(HERE, body(), access)

    assert "was not written: GitHub answered 502" in result.notice
    assert [c.body for c in server.comments] == [body()]
    assert len(server.sent("POST")) == 1


def test_create_that_keeps_failing_ends_with_a_notice(server: GitHubServer, access: Access) -> None:
    server.fail(f"POST {COMMENTS}", 502, times=99)

    result = upsert_comment(HERE, body(), access)

    assert result.url == ""
    assert "was not written: GitHub answered 502" in result.notice
    assert server.comments == []
    assert len(server.sent("POST")) == 3


def test_edit_is_repeated_after_a_502(server: GitHubServer, access: Access, clock: Clock) -> None:
    old = server.comment(body(run_id=10))
    server.fail("PATCH", 502, times=2)

    result = upsert_comment(HERE, body(run_id=11), access)

    assert old.body == body(run_id=11)
    assert result.notice == ""
    assert clock.slept == [1.0, 2.0]


def test_edit_whose_answer_was_lost_is_repeated(server: GitHubServer, access: Access) -> None:
    old = server.comment(body(run_id=10))
    server.fail("PATCH", 502, effect=True)

    result = upsert_comment(HERE, body(run_id=11), access)

    assert [(c.id, c.body) for c in server.comments] == [(old.id, body(run_id=11))]
    assert result.notice == ""


def test_edit_that_keeps_failing_ends_with_a_notice(server: GitHubServer, access: Access) -> None:
    server.comment(body(run_id=10))
    server.fail("PATCH", 502, times=99)

    result = upsert_comment(HERE, body(run_id=11), access)

    assert "was not written: GitHub answered 502" in result.notice
    assert [c.body for c in server.comments] == [body(run_id=10)]
    assert len(server.sent("PATCH")) == 4


def test_edit_that_is_refused_ends_with_githubs_words(server: GitHubServer, access: Access) -> None:
    old = server.comment(body(run_id=10))
    server.fail("PATCH", 403, body={"message": "You cannot edit this comment."}, times=9)

    result = upsert_comment(HERE, body(run_id=11), access)

    assert "was not written: GitHub answered 403: You cannot edit this comment." in result.notice
    assert [c.body for c in server.comments] == [old.body]


def test_comment_that_comes_back_with_another_first_line_is_told(
    server: GitHubServer, access: Access
) -> None:
    stripped = server.as_json(server.comment("### text"))
    server.fail("POST", 201, body=stripped)

    result = upsert_comment(HERE, body(), access)

    assert "changed the comment's first line" in result.notice


@pytest.mark.parametrize(
    ("where", "told"),
    [
        (HERE, ["give the job `permissions: pull-requests: write`"]),
        (dataclasses.replace(HERE, from_fork=True), ["a fork's pull request", "`workflow_run`"]),
    ],
    ids=["own repository", "fork"],
)
@pytest.mark.parametrize("earlier", [[], [10]], ids=["first run", "later run"])
def test_read_only_token_changes_nothing_and_ends_with_what_to_do(
    server: GitHubServer, access: Access, where: PullRequest, told: list[str], earlier: list[int]
) -> None:
    for run_id in earlier:
        server.comment(body(run_id=run_id))
    server.users["ghs_ours"] = User("github-actions[bot]", pull_requests="read")

    result = upsert_comment(where, body(run_id=11), access)

    assert result.url == ""
    assert all(words in result.notice for words in [*told, "job summary"])
    assert [c.body for c in server.comments] == [body(run_id=r) for r in earlier]


def test_missing_token_sends_nothing(server: GitHubServer, access: Access) -> None:
    result = upsert_comment(HERE, body(), dataclasses.replace(access, token=""))

    assert "`github-token` is empty" in result.notice
    assert server.seen == []


def test_unknown_token_ends_with_a_notice_that_does_not_hold_it(
    server: GitHubServer, access: Access
) -> None:
    wrong = dataclasses.replace(access, token="ghs_wrong")

    result = upsert_comment(HERE, body(), wrong)

    assert "does not know the token (401)" in result.notice
    assert "ghs_wrong" not in result.notice + repr(wrong) + repr(result)


def test_token_that_is_revoked_in_between_changes_nothing(
    server: GitHubServer, access: Access
) -> None:
    server.comment(body(run_id=10))
    server.meanwhile("POST /graphql", server.users.clear)

    result = upsert_comment(HERE, body(run_id=11), access)

    assert "does not know the token (401)" in result.notice
    assert [c.body for c in server.comments] == [body(run_id=10)]


def test_locked_conversation_ends_with_githubs_words(server: GitHubServer, access: Access) -> None:
    server.locked.add(7)

    result = upsert_comment(HERE, body(), access)

    assert "issue is locked" in result.notice
    assert server.comments == []


def test_delete_that_fails_leaves_the_comment_written_and_says_so(
    server: GitHubServer, access: Access
) -> None:
    server.comment(body(run_id=9))
    best = server.comment(body(run_id=10))
    server.fail("DELETE", 403, body={"message": "Must have admin rights to Repository."}, times=9)

    result = upsert_comment(HERE, body(run_id=11), access)

    assert best.body == body(run_id=11)
    assert result.url.endswith(f"#issuecomment-{best.id}")
    assert "an older comment of ours is still there" in result.notice


def test_look_that_fails_after_create_does_not_lose_the_comment(
    server: GitHubServer, access: Access
) -> None:
    server.meanwhile(f"POST {COMMENTS}", lambda: server.fail("GET", 500, times=99))

    result = upsert_comment(HERE, body(), access)

    assert result.url.endswith(f"#issuecomment-{server.comments[0].id}")
    assert "not checked whether the comment is the only one" in result.notice


def test_user_that_cannot_be_found_out_ends_with_a_notice(
    server: GitHubServer, access: Access
) -> None:
    server.comment(body(run_id=10))
    server.fail("/graphql|/user", 500, times=99)

    result = upsert_comment(HERE, body(run_id=11), access)

    assert "GitHub answered 500" in result.notice
    assert [c.body for c in server.comments] == [body(run_id=10)]


def test_cancelled_job_ends_with_a_notice(
    server: GitHubServer, access: Access, clock: Clock
) -> None:
    def stop() -> None:
        raise Cancelled.of("E-CANCEL-01", "stopped", "run again")

    clock.on_sleep = stop
    server.fail("GET", 500, times=99)

    result = upsert_comment(HERE, body(), access)

    assert "the job was cancelled" in result.notice

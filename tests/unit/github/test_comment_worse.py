"""The one comment when the verdict gets worse: a new one, which sends mail, and a history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from signed_lambda.github import upsert_comment
from signed_lambda.github.comment import RETIRED
from tests.support.github_server import User
from tests.unit.github.comments import COMMENTS, HERE, body
from tests.unit.github.conftest import BACKENDS

if TYPE_CHECKING:
    from signed_lambda.github import Access
    from tests.support.github_server import GitHubServer

pytestmark = pytest.mark.parametrize("server", BACKENDS, indirect=True)


def worse(run_id: int) -> str:
    return body(run_id, case="refused")


def test_worse_verdict_is_a_new_comment_and_the_old_one_is_minimized(
    server: GitHubServer, access: Access
) -> None:
    forged = server.comment(body(run_id=99), author=User("mallory", "User"))
    old = server.comment(body(run_id=10))

    result = upsert_comment(HERE, worse(11), access)

    [first, history, new] = server.comments
    assert (first.id, first.body, first.minimized) == (forged.id, body(run_id=99), "")
    assert (history.id, history.minimized) == (old.id, "OUTDATED")
    assert history.body.startswith(f"{RETIRED}\n")
    assert result.url in history.body
    assert (new.body, new.minimized) == (worse(11), "")
    assert result.url.endswith(f"#issuecomment-{new.id}")
    assert result.notice == ""


def test_duplicates_of_the_old_comment_are_deleted(server: GitHubServer, access: Access) -> None:
    server.comment(body(run_id=9))
    old = server.comment(body(run_id=10))

    upsert_comment(HERE, worse(11), access)

    [history, new] = server.comments
    assert (history.id, history.minimized) == (old.id, "OUTDATED")
    assert new.body == worse(11)


def test_history_is_never_written_again(server: GitHubServer, access: Access) -> None:
    server.comment(body(run_id=10))
    upsert_comment(HERE, worse(11), access)
    [history, new] = server.comments
    before = history.body

    upsert_comment(HERE, body(run_id=12), access)

    assert [c.id for c in server.comments] == [history.id, new.id]
    assert (history.body, new.body) == (before, body(run_id=12))


@pytest.mark.parametrize("status", [0, 502])
def test_answer_lost_after_the_new_comment_leaves_one_and_the_history(
    server: GitHubServer, access: Access, status: int
) -> None:
    server.comment(body(run_id=10))
    server.fail(f"POST {COMMENTS}", status, effect=True)

    result = upsert_comment(HERE, worse(11), access)

    [history, new] = server.comments
    assert history.body.startswith(RETIRED)
    assert new.body == worse(11)
    assert result.url.endswith(f"#issuecomment-{new.id}")


def test_old_comment_that_cannot_be_edited_is_deleted(server: GitHubServer, access: Access) -> None:
    server.comment(body(run_id=10))
    server.fail("PATCH", 403, body={"message": "You cannot edit this comment."}, times=9)

    result = upsert_comment(HERE, worse(11), access)

    assert [c.body for c in server.comments] == [worse(11)]
    assert result.notice == ""


def test_old_comment_that_cannot_be_minimized_is_history_all_the_same(
    server: GitHubServer, access: Access
) -> None:
    server.comment(body(run_id=10))
    refused = {
        "data": None,
        "errors": [{"type": "FORBIDDEN", "message": "Resource not accessible"}],
    }
    server.meanwhile("PATCH", lambda: server.fail("POST /graphql", 200, body=refused, times=9))

    result = upsert_comment(HERE, worse(11), access)

    [history, new] = server.comments
    assert history.body.startswith(RETIRED)
    assert (history.minimized, new.body) == ("", worse(11))
    assert result.notice == ""


def test_old_comment_deleted_by_hand_leaves_the_new_one(
    server: GitHubServer, access: Access
) -> None:
    old = server.comment(body(run_id=10))
    server.meanwhile(f"POST {COMMENTS}", lambda: server.remove(old))

    result = upsert_comment(HERE, worse(11), access)

    assert [c.body for c in server.comments] == [worse(11)]
    assert result.notice == ""


@pytest.mark.parametrize("after", [f"GET {COMMENTS}", f"POST {COMMENTS}"])
def test_later_run_that_writes_in_between_stands(
    server: GitHubServer, access: Access, after: str
) -> None:
    server.comment(body(run_id=9))
    server.meanwhile(after, lambda: upsert_comment(HERE, body(run_id=12), access))

    result = upsert_comment(HERE, worse(11), access)

    assert [c.body for c in server.comments if not c.body.startswith(RETIRED)] == [body(run_id=12)]
    assert "run 12 is later" in result.notice

"""The one comment: found by marker, author and run order, written over, never a second one."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from signed_lambda.github import upsert_comment
from signed_lambda.report.marker import Marker
from tests.support.github_server import User
from tests.unit.github.comments import COMMENTS, HERE, body
from tests.unit.github.conftest import BACKENDS
from tests.unit.report.cases import CASES

if TYPE_CHECKING:
    from signed_lambda.github import Access
    from tests.support.github_server import GitHubServer


pytestmark = pytest.mark.parametrize("server", BACKENDS, indirect=True)


def test_first_run_creates_one_comment_and_looks_again(
    server: GitHubServer, access: Access
) -> None:
    result = upsert_comment(HERE, body(), access)

    assert [c.body for c in server.comments] == [body()]
    assert (
        result.url == f"https://github.com/acme/orders/pull/7#issuecomment-{server.comments[0].id}"
    )
    assert result.notice == ""
    assert [f"{s.method} {s.path}" for s in server.seen] == [
        f"GET {COMMENTS}",
        f"POST {COMMENTS}",
        f"GET {COMMENTS}",
    ]


def test_later_run_writes_over_the_comment_in_three_requests(
    server: GitHubServer, access: Access
) -> None:
    old = server.comment(body(run_id=10))

    result = upsert_comment(HERE, body(run_id=11), access)

    assert [(c.id, c.body) for c in server.comments] == [(old.id, body(run_id=11))]
    assert result.url.endswith(f"#issuecomment-{old.id}")
    assert len(server.seen) == 3


def test_later_attempt_of_the_same_run_writes_over_the_comment(
    server: GitHubServer, access: Access
) -> None:
    server.comment(body(run_id=10, attempt=1))

    upsert_comment(HERE, body(run_id=10, attempt=2), access)

    assert [c.body for c in server.comments] == [body(run_id=10, attempt=2)]


@pytest.mark.parametrize(("run_id", "attempt"), [(12, 1), (11, 2)])
def test_earlier_run_or_attempt_never_writes_over_a_later_one(
    server: GitHubServer, access: Access, run_id: int, attempt: int
) -> None:
    later = server.comment(body(run_id=run_id, attempt=attempt))

    result = upsert_comment(HERE, body(run_id=11, attempt=1), access)

    assert [c.body for c in server.comments] == [body(run_id=run_id, attempt=attempt)]
    assert result.url.endswith(f"#issuecomment-{later.id}")
    assert f"run {run_id} (attempt {attempt}) is later" in result.notice
    assert server.sent("POST") == server.sent("PATCH") == server.sent("DELETE") == []


def test_same_text_again_is_not_sent(server: GitHubServer, access: Access) -> None:
    server.comment(body())

    result = upsert_comment(HERE, body(), access)

    assert server.sent("PATCH") == server.sent("POST") == []
    assert result.notice == ""


@pytest.mark.parametrize(("others", "pages"), [(150, ["2"]), (250, ["2", "3"])])
def test_comment_is_found_on_the_last_page(
    server: GitHubServer, access: Access, others: int, pages: list[str]
) -> None:
    for i in range(others):
        server.comment(f"remark {i}", author=User("dev-anna", "User"))
    ours = server.comment(body(run_id=10))

    result = upsert_comment(HERE, body(run_id=11), access)

    assert len(server.comments) == others + 1
    assert ours.body == body(run_id=11)
    assert result.notice == ""
    assert [s.query["page"] for s in server.seen if "page" in s.query] == pages


def test_comment_is_created_once_below_151_of_others(server: GitHubServer, access: Access) -> None:
    for i in range(151):
        server.comment(f"remark {i}", author=User("dev-anna", "User"))

    first = upsert_comment(HERE, body(run_id=10), access)
    second = upsert_comment(HERE, body(run_id=11), access)

    assert [c.body for c in server.comments[151:]] == [body(run_id=11)]
    assert first.url == second.url


FORGERS = pytest.mark.parametrize(
    "author",
    [User("mallory", "User"), User("other-app[bot]"), User("github-actions", "User"), None],
    ids=lambda u: u.login if u else "deleted account",
)


@FORGERS
def test_forged_marker_of_a_higher_run_is_not_adopted_and_ours_is_created(
    server: GitHubServer, access: Access, author: User | None
) -> None:
    forged = server.comment(body(run_id=2**62), author=author)

    result = upsert_comment(HERE, body(), access)

    assert forged.body == body(run_id=2**62)
    assert [c.body for c in server.comments if c.id != forged.id] == [body()]
    assert result.notice == ""


@FORGERS
def test_forged_marker_of_a_higher_run_is_not_adopted_and_ours_is_kept(
    server: GitHubServer, access: Access, author: User | None
) -> None:
    forged = [server.comment(body(run_id=2**62), author=author)]
    ours = server.comment(body(run_id=10))
    forged.append(server.comment(body(run_id=2**62), author=author))

    result = upsert_comment(HERE, body(run_id=11), access)

    assert [c.body for c in forged] == [body(run_id=2**62)] * 2
    assert [(c.id, c.body) for c in server.comments if c.id == ours.id] == [
        (ours.id, body(run_id=11))
    ]
    assert len(server.comments) == 3
    assert result.notice == ""


def test_marker_below_the_first_line_is_not_a_marker(server: GitHubServer, access: Access) -> None:
    quoted = server.comment("look:\n" + body(run_id=99))

    upsert_comment(HERE, body(), access)

    assert len(server.comments) == 2
    assert quoted.body.startswith("look:")


def test_another_alias_keeps_its_own_comment(server: GitHubServer, access: Access) -> None:
    other = server.comment(body(run_id=10, alias="test"))

    upsert_comment(HERE, body(run_id=11), access)

    assert other.body == body(run_id=10, alias="test")
    assert len(server.comments) == 2


def test_comments_of_other_pull_requests_are_left_alone(
    server: GitHubServer, access: Access
) -> None:
    other = server.comment(body(run_id=10), number=8)

    upsert_comment(HERE, body(run_id=11), access)

    assert other.body == body(run_id=10)
    assert [c.number for c in server.comments] == [8, 7]


def test_marker_with_unreadable_payload_counts_as_oldest(
    server: GitHubServer, access: Access
) -> None:
    line = Marker.of(CASES["deployed"]).line.rsplit(" ", 2)[0]
    server.comment(f"{line} !!! -->\ntext")
    garbled = server.comment(f"{line} bm90IGpzb24= -->\ntext")

    upsert_comment(HERE, body(run_id=1), access)

    assert garbled.body == body(run_id=1)


def test_duplicates_of_ours_are_reduced_to_the_latest(server: GitHubServer, access: Access) -> None:
    server.comment(body(run_id=9))
    latest = server.comment(body(run_id=10))
    server.comment(body(run_id=10, alias="test"))
    server.comment(body(run_id=8))

    upsert_comment(HERE, body(run_id=11), access)

    mine = [c for c in server.comments if "/live " in c.body.split("\n")[0]]
    assert [c.id for c in mine] == [latest.id]
    assert latest.body == body(run_id=11)
    assert len(server.comments) == 2


def test_comment_deleted_by_hand_before_the_edit_is_created_anew(
    server: GitHubServer, access: Access
) -> None:
    old = server.comment(body(run_id=10))
    server.meanwhile(f"GET {COMMENTS}", lambda: server.remove(old))

    result = upsert_comment(HERE, body(run_id=11), access)

    assert [c.body for c in server.comments] == [body(run_id=11)]
    assert result.url.endswith(f"#issuecomment-{server.comments[0].id}")


def test_comment_of_a_later_run_that_appears_during_create_stands(
    server: GitHubServer, access: Access
) -> None:
    server.meanwhile(f"POST {COMMENTS}", lambda: server.comment(body(run_id=12)))

    result = upsert_comment(HERE, body(run_id=11), access)

    assert [c.body for c in server.comments] == [body(run_id=12)]
    assert "run 12 is later" in result.notice


def test_comment_of_an_earlier_run_that_appears_during_create_goes(
    server: GitHubServer, access: Access
) -> None:
    server.meanwhile(f"GET {COMMENTS}", lambda: server.comment(body(run_id=10)))

    result = upsert_comment(HERE, body(run_id=11), access)

    assert [c.body for c in server.comments] == [body(run_id=11)]
    assert result.notice == ""


@pytest.mark.parametrize(("run_id", "other"), [(10, 11), (11, 10)])
@pytest.mark.parametrize("after", ["look", "create", "second look"])
def test_run_that_comes_in_between_leaves_one_comment_of_the_later(
    server: GitHubServer, access: Access, run_id: int, other: int, after: str
) -> None:
    results = []

    def whole_other_run() -> None:
        results.append(upsert_comment(HERE, body(run_id=other), access))

    if after == "second look":
        server.meanwhile("POST", lambda: server.meanwhile(f"GET {COMMENTS}", whole_other_run))
    else:
        server.meanwhile({"look": f"GET {COMMENTS}", "create": "POST"}[after], whole_other_run)

    results.append(upsert_comment(HERE, body(run_id=run_id), access))

    assert [c.body for c in server.comments] == [body(run_id=11)]
    assert len(results) == 2
    assert all(r.url for r in results)


@pytest.mark.parametrize("after", [f"GET {COMMENTS}", "POST /graphql", "PATCH"])
def test_earlier_run_that_edits_in_between_is_written_over(
    server: GitHubServer, access: Access, after: str
) -> None:
    old = server.comment(body(run_id=9))
    server.meanwhile(after, lambda: upsert_comment(HERE, body(run_id=10), access))

    result = upsert_comment(HERE, body(run_id=11), access)

    assert [(c.id, c.body) for c in server.comments] == [(old.id, body(run_id=11))]
    assert result.notice == ""


def test_later_run_that_edits_between_look_and_edit_is_the_known_limit(
    server: GitHubServer, access: Access
) -> None:
    server.comment(body(run_id=9))
    server.meanwhile(f"GET {COMMENTS}", lambda: upsert_comment(HERE, body(run_id=11), access))

    upsert_comment(HERE, body(run_id=10), access)

    assert [c.body for c in server.comments] == [body(run_id=10)]  # until the next run, not two
    upsert_comment(HERE, body(run_id=12), access)
    assert [c.body for c in server.comments] == [body(run_id=12)]


def test_two_runs_at_once_leave_one_comment_of_the_later(
    server: GitHubServer, access: Access
) -> None:
    start = threading.Barrier(2)

    def run(run_id: int) -> None:
        start.wait(timeout=10)
        upsert_comment(HERE, body(run_id=run_id), access)

    threads = [threading.Thread(target=run, args=(run_id,)) for run_id in (10, 11)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert [Marker.parse(c.body).run_id for c in server.comments] == [11]  # type: ignore[union-attr]


def test_duplicate_that_another_run_deleted_first_is_no_trouble(
    server: GitHubServer, access: Access
) -> None:
    twin = server.comment(body(run_id=9))
    server.comment(body(run_id=10))
    server.meanwhile("PATCH", lambda: server.remove(twin))

    result = upsert_comment(HERE, body(run_id=11), access)

    assert len(server.comments) == 1
    assert result.notice == ""


def test_body_without_marker_is_not_posted(server: GitHubServer, access: Access) -> None:
    result = upsert_comment(HERE, "no marker", access)

    assert "no marker" in result.notice
    assert server.seen == []

"""The one comment: a table of what GitHub and others can do to it."""

from __future__ import annotations

import dataclasses
import threading
from typing import TYPE_CHECKING

import pytest

from signed_lambda.errors import Cancelled
from signed_lambda.github import PullRequest, upsert_comment
from signed_lambda.report.comment import render_comment
from signed_lambda.report.marker import Marker
from tests.support.github_server import User
from tests.unit.github.conftest import BACKENDS
from tests.unit.report.cases import CASES, RUN

if TYPE_CHECKING:
    from pathlib import Path

    from signed_lambda.github import Access
    from tests.support.github_server import GitHubServer
    from tests.unit.github.conftest import Clock

pytestmark = pytest.mark.parametrize("server", BACKENDS, indirect=True)

HERE = PullRequest(repository="acme/orders", number=7)
COMMENTS = "/repos/acme/orders/issues/7/comments"


def body(run_id: int = RUN.run_id, attempt: int = 1, *, alias: str = "live") -> str:
    run = dataclasses.replace(RUN, run_id=run_id, attempt=attempt)
    return render_comment(dataclasses.replace(CASES["deployed"], run=run, alias=alias))


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


def test_comment_is_found_on_the_second_page_of_151(server: GitHubServer, access: Access) -> None:
    for i in range(150):
        server.comment(f"remark {i}", author=User("dev-anna", "User"))
    ours = server.comment(body(run_id=10))

    upsert_comment(HERE, body(run_id=11), access)

    assert len(server.comments) == 151
    assert ours.body == body(run_id=11)
    assert [s.query["page"] for s in server.seen if "page" in s.query] == ["2"]


@pytest.mark.parametrize(
    "author",
    [User("mallory", "User"), User("other-app[bot]"), User("github-actions", "User"), None],
    ids=lambda u: u.login if u else "deleted account",
)
def test_forged_marker_of_another_author_is_not_adopted(
    server: GitHubServer, access: Access, author: User | None
) -> None:
    forged = server.comment(body(run_id=2**62), author=author)

    result = upsert_comment(HERE, body(), access)

    assert forged.body == body(run_id=2**62)
    assert [c.body for c in server.comments if c.id != forged.id] == [body()]
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


def test_502_before_the_comment_was_created_is_sent_again(
    server: GitHubServer, access: Access
) -> None:
    server.fail(f"POST {COMMENTS}", 502)

    result = upsert_comment(HERE, body(), access)

    assert len(server.comments) == 1
    assert len(server.sent("POST")) == 2
    assert result.notice == ""


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


def test_two_racing_runs_leave_one_comment_of_the_later(
    server: GitHubServer, access: Access
) -> None:
    start = threading.Barrier(2)
    server.meanwhile(f"GET {COMMENTS}", lambda: None)

    def run(run_id: int) -> None:
        start.wait(timeout=10)
        upsert_comment(HERE, body(run_id=run_id), access)

    threads = [threading.Thread(target=run, args=(run_id,)) for run_id in (10, 11)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert [Marker.parse(c.body).run_id for c in server.comments] == [11]  # type: ignore[union-attr]


def test_read_only_token_ends_with_the_permission_to_add(
    server: GitHubServer, access: Access
) -> None:
    server.users["ghs_ours"] = User("github-actions[bot]", pull_requests="read")

    result = upsert_comment(HERE, body(), access)

    assert result.url == ""
    assert "give the job `permissions: pull-requests: write`" in result.notice
    assert "job summary" in result.notice
    assert server.comments == []


def test_read_only_token_of_a_fork_ends_with_the_second_workflow(
    server: GitHubServer, access: Access
) -> None:
    server.users["ghs_ours"] = User("github-actions[bot]", pull_requests="read")

    result = upsert_comment(dataclasses.replace(HERE, from_fork=True), body(), access)

    assert "a fork's pull request" in result.notice
    assert "workflow_run" in result.notice


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


def test_secondary_rate_limit_with_retry_after_is_waited_out(
    server: GitHubServer, access: Access, clock: Clock
) -> None:
    text = (
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
    )
    server.fail(f"POST {COMMENTS}", 403, body={"message": text}, headers={"Retry-After": "7"})

    result = upsert_comment(HERE, body(), access)

    assert len(server.comments) == 1
    assert result.notice == ""
    assert clock.slept == [7.0]


def test_secondary_rate_limit_without_header_is_waited_out_for_a_minute(
    server: GitHubServer, access: Access, clock: Clock
) -> None:
    text = (
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
    )
    server.fail(f"POST {COMMENTS}", 403, body={"message": text})

    result = upsert_comment(HERE, body(), dataclasses.replace(access, budget_s=90))

    assert len(server.comments) == 1
    assert result.notice == ""
    assert clock.slept == [60.0]


def test_rate_limit_longer_than_the_budget_is_not_waited_out(
    server: GitHubServer, access: Access, clock: Clock
) -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(2**31)}
    message = {"message": "API rate limit exceeded for installation."}
    server.fail("GET", 403, body=message, headers=headers)

    result = upsert_comment(HERE, body(), access)

    assert "rate limit is used up" in result.notice
    assert clock.slept == []
    assert server.comments == []


def test_primary_rate_limit_is_waited_out_until_its_reset(
    server: GitHubServer, access: Access, clock: Clock
) -> None:
    reset = int(clock.now().timestamp()) + 20
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(reset)}
    server.fail("GET", 429, body={"message": "API rate limit exceeded"}, headers=headers)

    result = upsert_comment(HERE, body(), access)

    assert len(server.comments) == 1
    assert result.notice == ""
    assert clock.slept == [21.0]


def test_comment_of_65_537_characters_ends_with_githubs_words(
    server: GitHubServer, access: Access
) -> None:
    text = body()
    text += "x" * (65_537 - len(text))

    result = upsert_comment(HERE, text, access)

    assert "GitHub answered 422" in result.notice
    assert "too long" in result.notice
    assert server.comments == []


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


def test_duplicate_that_another_run_deleted_first_is_no_trouble(
    server: GitHubServer, access: Access
) -> None:
    twin = server.comment(body(run_id=9))
    server.comment(body(run_id=10))
    server.meanwhile("PATCH", lambda: server.remove(twin))

    result = upsert_comment(HERE, body(run_id=11), access)

    assert len(server.comments) == 1
    assert result.notice == ""


def test_look_that_fails_after_create_does_not_lose_the_comment(
    server: GitHubServer, access: Access
) -> None:
    server.meanwhile(f"POST {COMMENTS}", lambda: server.fail("GET", 500, times=99))

    result = upsert_comment(HERE, body(), access)

    assert result.url.endswith(f"#issuecomment-{server.comments[0].id}")
    assert "not checked whether the comment is the only one" in result.notice


def test_without_graphql_a_workflow_token_is_the_actions_bot(
    server: GitHubServer, access: Access
) -> None:
    server.graphql = False
    old = server.comment(body(run_id=10))

    upsert_comment(HERE, body(run_id=11), access)

    assert old.body == body(run_id=11)
    assert len(server.comments) == 1


def test_token_of_a_person_finds_their_own_comment_without_graphql(
    server: GitHubServer, access: Access
) -> None:
    server.graphql = False
    anna = User("dev-anna", "User", integration=False)
    server.users["ghp_anna"] = anna
    old = server.comment(body(run_id=10), author=anna)
    bots = server.comment(body(run_id=9))

    upsert_comment(HERE, body(run_id=11), dataclasses.replace(access, token="ghp_anna"))

    assert old.body == body(run_id=11)
    assert bots.body == body(run_id=9)


def test_user_that_cannot_be_found_out_ends_with_a_notice(
    server: GitHubServer, access: Access
) -> None:
    server.comment(body(run_id=10))
    server.fail("/graphql|/user", 500, times=99)

    result = upsert_comment(HERE, body(run_id=11), access)

    assert "GitHub answered 500" in result.notice
    assert [c.body for c in server.comments] == [body(run_id=10)]


@pytest.mark.parametrize("answer", [b"<html>portal</html>", b"{", b'{"a": 1}'])
def test_answer_of_a_portal_ends_with_a_notice(
    server: GitHubServer, access: Access, answer: bytes
) -> None:
    server.fail("GET", 200, body=answer, times=99)

    result = upsert_comment(HERE, body(), access)

    assert "is there a proxy in between?" in result.notice
    assert server.comments == []


def test_link_to_another_host_is_not_followed(server: GitHubServer, access: Access) -> None:
    link = {"Link": '<http://127.0.0.2:1/evil?page=2>; rel="next"'}
    page = [server.as_json(server.comment("a remark"))]
    server.fail("GET", 200, body=page, headers=link, times=99)

    result = upsert_comment(HERE, body(), access)

    assert result.url == ""
    assert "was not written" in result.notice
    assert {s.path for s in server.seen} == {COMMENTS}


@pytest.mark.parametrize("api_url", ["", "ftp://host", "not an address", "https://"])
def test_address_that_is_none_ends_with_a_notice(access: Access, api_url: str) -> None:
    result = upsert_comment(HERE, body(), dataclasses.replace(access, api_url=api_url))

    assert "was not written" in result.notice


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_server_that_is_not_there_ends_with_a_notice(
    access: Access, clock: Clock, scheme: str
) -> None:
    nowhere = dataclasses.replace(access, api_url=f"{scheme}://127.0.0.1:1")

    result = upsert_comment(HERE, body(), nowhere)

    assert "did not answer" in result.notice
    assert clock.slept == [1.0, 2.0, 4.0]


def test_cancelled_job_ends_with_a_notice(
    server: GitHubServer, access: Access, clock: Clock
) -> None:
    def stop() -> None:
        raise Cancelled.of("E-CANCEL-01", "stopped", "run again")

    clock.on_sleep = stop
    server.fail("GET", 500, times=99)

    result = upsert_comment(HERE, body(), access)

    assert "the job was cancelled" in result.notice


def test_body_without_marker_is_not_posted(server: GitHubServer, access: Access) -> None:
    result = upsert_comment(HERE, "no marker", access)

    assert "no marker" in result.notice
    assert server.seen == []


def test_proxies_and_netrc_of_the_environment_are_ignored(
    server: GitHubServer, access: Access, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login mallory password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)

    result = upsert_comment(HERE, body(), access)

    assert result.notice == ""
    assert {s.headers["authorization"] for s in server.seen} == {"token ghs_ours"}

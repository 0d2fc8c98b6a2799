"""The one comment when what answers is not quite api.github.com: nothing leaks, and a notice."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from signed_lambda.github import upsert_comment
from tests.support.github_server import GitHubServer, User
from tests.unit.github.comments import COMMENTS, HERE, body
from tests.unit.github.conftest import BACKENDS, Clock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from signed_lambda.github import Access


pytestmark = pytest.mark.parametrize("server", BACKENDS, indirect=True)


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


@pytest.fixture
def elsewhere() -> Iterator[GitHubServer]:
    """Another host, which must never hear of us."""
    with GitHubServer() as running:
        yield running

    assert running.seen == []


@pytest.mark.parametrize("slash", ["", "/"])
def test_github_enterprise_server_is_asked_under_its_own_path(
    server: GitHubServer, access: Access, slash: str
) -> None:
    server.prefix = "/api/v3"
    for i in range(150):
        server.comment(f"remark {i}", author=User("dev-anna", "User"))
    old = server.comment(body(run_id=10))
    there = dataclasses.replace(access, api_url=server.url + slash)

    result = upsert_comment(HERE, body(run_id=11), there)

    assert server.url.endswith("/api/v3")
    assert (old.body, len(server.comments)) == (body(run_id=11), 151)
    assert result.notice == ""
    assert [s.line for s in server.seen] == [
        f"GET {COMMENTS}",
        f"GET {COMMENTS}",
        "POST /graphql",
        f"PATCH /repos/acme/orders/issues/comments/{old.id}",
    ]


PORTALS = pytest.mark.parametrize(
    "answer", [b"<html>portal</html>", b"{", b"[1]", b'{"a": 1}'], ids=bytes.decode
)


@PORTALS
@pytest.mark.parametrize("at", ["GET", "PATCH"])
def test_portal_that_answers_instead_of_github_ends_with_a_notice(
    server: GitHubServer, access: Access, answer: bytes, at: str
) -> None:
    server.comment(body(run_id=10))
    server.fail(at, 200, body=answer, headers={"Content-Type": "text/html"}, times=99)

    result = upsert_comment(HERE, body(run_id=11), access)

    assert "is there a proxy in between?" in result.notice
    assert result.url == ""
    assert [c.body for c in server.comments] == [body(run_id=10)]


@PORTALS
def test_portal_that_swallows_the_comment_ends_with_a_notice(
    server: GitHubServer, access: Access, answer: bytes
) -> None:
    server.fail(f"POST {COMMENTS}", 200, body=answer, times=99)

    result = upsert_comment(HERE, body(), access)

    assert "was not written" in result.notice
    assert (result.url, server.comments) == ("", [])


@PORTALS
def test_portal_that_hides_the_tokens_user_leaves_one_comment_of_ours(
    server: GitHubServer, access: Access, answer: bytes
) -> None:
    others = server.comment(body(run_id=99), author=User("mallory", "User"))
    server.comment(body(run_id=10))
    server.fail("POST /graphql|GET /user", 200, body=answer, times=99)

    upsert_comment(HERE, body(run_id=11), access)

    mine = [c.body for c in server.comments if c.id != others.id]
    assert mine in ([body(run_id=10)], [body(run_id=11)])  # not known who we are, or made anew
    assert others.body == body(run_id=99)


@pytest.mark.parametrize("status", [403, 407, 418, 502, 503])
def test_page_of_a_proxy_ends_with_its_status(
    server: GitHubServer, access: Access, status: int
) -> None:
    page = b"<html><body>blocked by policy</body></html>"
    server.fail("", status, body=page, headers={"Content-Type": "text/html"}, times=99)

    result = upsert_comment(HERE, body(), access)

    assert f"was not written: GitHub answered {status}" in result.notice
    assert server.comments == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("at", ["GET", "POST"])
def test_redirect_to_another_host_is_not_followed(
    server: GitHubServer, access: Access, elsewhere: GitHubServer, status: int, at: str
) -> None:
    there = elsewhere.url.replace("127.0.0.1", "localhost") + COMMENTS
    server.fail(f"{at} {COMMENTS}", status, body={}, headers={"Location": there}, times=99)

    result = upsert_comment(HERE, body(), access)

    assert result.url == ""
    assert "was not written" in result.notice
    assert server.comments == []


def test_repository_that_was_renamed_is_followed_on_the_same_host(
    server: GitHubServer, access: Access
) -> None:
    old = server.comment(body(run_id=10))
    moved = {"Location": server.url + COMMENTS}
    server.fail("GET /repos/acme/old", 301, body={"message": "Moved"}, headers=moved)
    there = dataclasses.replace(HERE, repository="acme/old")

    result = upsert_comment(there, body(run_id=11), access)

    assert [(c.id, c.body) for c in server.comments] == [(old.id, body(run_id=11))]
    assert result.notice == ""


class Ticking(Clock):
    """A second passes with each look at it, as if each request took one."""

    def monotonic(self) -> float:
        """Seconds."""
        self.slept.append(1.0)
        return super().monotonic()


@pytest.mark.parametrize("how", ["pages without end", "redirects in a circle", "202 for ever"])
def test_host_that_leads_on_for_ever_ends_with_our_budget(
    server: GitHubServer, access: Access, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr("github.Consts.PROCESSING_202_WAIT_TIME", 0)  # PyGithub sleeps itself
    on = f"{server.url}{COMMENTS}"
    status, headers = {
        "pages without end": (200, {"Link": f'<{on}?page=2>; rel="next"'}),
        "redirects in a circle": (301, {"Location": f"{server.url}{COMMENTS.replace('7', '8')}"}),
        "202 for ever": (202, {}),
    }[how]
    page = [server.as_json(server.comment("a remark"))]
    server.fail("GET .*/7/comments", status, body=page, headers=headers, times=999)
    server.fail("GET .*/8/comments", 301, headers={"Location": on}, times=999)
    hurried = dataclasses.replace(access, clock=Ticking())

    result = upsert_comment(HERE, body(), hurried)

    assert "was not written" in result.notice
    assert "would take too long" in result.notice
    assert len(server.seen) <= access.budget_s


def test_link_to_another_host_is_not_followed(
    server: GitHubServer, access: Access, elsewhere: GitHubServer
) -> None:
    link = {"Link": f'<{elsewhere.url}{COMMENTS}?page=2>; rel="next"'}
    page = [server.as_json(server.comment("a remark"))]
    server.fail("GET", 200, body=page, headers=link, times=99)

    result = upsert_comment(HERE, body(), access)

    assert result.url == ""
    assert "was not written" in result.notice
    assert {s.path for s in server.seen} == {COMMENTS}


def test_comment_that_names_another_host_is_not_edited_there(
    server: GitHubServer, access: Access, elsewhere: GitHubServer
) -> None:
    ours = server.as_json(server.comment(body(run_id=10)))
    ours["url"] = ours["url"].replace(server.url, elsewhere.url)
    server.fail(f"GET {COMMENTS}", 200, body=[ours], times=99)

    result = upsert_comment(HERE, body(run_id=11), access)

    assert "was not written" in result.notice
    assert [c.body for c in server.comments] == [body(run_id=10)]


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

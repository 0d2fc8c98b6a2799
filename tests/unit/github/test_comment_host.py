"""The one comment when what answers is not quite api.github.com: nothing leaks, and a notice."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from signed_lambda.github import upsert_comment
from tests.support.github_server import User
from tests.unit.github.comments import COMMENTS, HERE, body
from tests.unit.github.conftest import BACKENDS

if TYPE_CHECKING:
    from pathlib import Path

    from signed_lambda.github import Access
    from tests.support.github_server import GitHubServer
    from tests.unit.github.conftest import Clock


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

"""`https-proxy`: every request of a run goes through the proxy.

AWS and GitHub are names here that resolve nowhere: only the proxy knows where they are. So a
request that went past it would fail.
"""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from tests.support.canned import Reply
from tests.support.github_server import GitHubServer
from tests.unit.aws.local_server import Asked, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.support.action import Team

KEYS: Final = {
    "AWS_ACCESS_KEY_ID": "AKIASANDBOX000000001",
    "AWS_SECRET_ACCESS_KEY": "sandbox",
}
AWS: Final = "http://aws.invalid"
GITHUB: Final = "http://github.invalid"
HOP: Final = {"connection", "transfer-encoding", "content-length", "proxy-connection"}
"""Headers between two neighbours. Source: RFC 9110, 7.6.1"""


def forwarding(places: Mapping[str, str]) -> Callable[[Asked], Reply]:
    """A proxy: the answer of the server behind the origin, 502 for others."""

    def answer(asked: Asked) -> Reply:
        method, _, url = asked.line.partition(" ")
        parts = urlsplit(url)
        behind = urlsplit(places.get(f"{parts.scheme}://{parts.hostname}", ""))
        if behind.hostname is None:
            return Reply(status=502)
        headers = {n: v for n, v in asked.headers.items() if n not in HOP}
        connection = http.client.HTTPConnection(behind.hostname, behind.port, timeout=60)
        connection.request(method, url.partition(parts.netloc)[2], asked.body or None, headers)
        got = connection.getresponse()
        body = got.read()
        kept = {n: v for n, v in got.getheaders() if n.lower() not in HOP}
        connection.close()
        return Reply(body, got.status, kept)

    return answer


def test_a_deploy_asks_aws_through_the_proxy_only(team: Team) -> None:
    with team.on_a_port(), serving(forwarding({AWS: team.endpoint})) as proxy:
        team.endpoint = AWS

        ended = team.run(env=KEYS, https_proxy=proxy.url)

    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "deployed"), ended.log
    assert f"all requests go through {proxy.url} (https-proxy)" in ended.log
    answered = [c.operation for c in ended.calls]
    assert {"PutObject", "StartSigningJob", "UpdateFunctionCode", "CreateAlias"} <= {*answered}
    assert len(proxy.asked) > len(answered)  # the code behind Lambda's address came through it too


def test_github_is_asked_through_the_proxy_too(team: Team) -> None:
    sides = {"sha": "a" * 40, "repo": {"full_name": "acme/orders"}}
    event = {"pull_request": {"number": 7, "head": sides, "base": sides}}
    (team.workspace / "event.json").write_text(json.dumps(event))
    with team.on_a_port(), GitHubServer() as github:
        places = {AWS: team.endpoint, GITHUB: github.url}
        with serving(forwarding(places)) as proxy:
            team.endpoint = AWS
            team.more = KEYS | {
                "GITHUB_EVENT_NAME": "pull_request",
                "GITHUB_EVENT_PATH": str(team.workspace / "event.json"),
                "GITHUB_API_URL": GITHUB,
            }

            ended = team.run(
                "plan", https_proxy=proxy.url, comment="update", github_token="ghs_ours"
            )

    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "planned"), ended.log
    [comment] = github.comments
    assert ended.outputs["comment-url"].endswith(f"issuecomment-{comment.id}")


def test_a_proxy_that_is_not_there_is_named_and_nothing_is_written(team: Team) -> None:
    with team.on_a_port():
        ended = team.run(env=KEYS, https_proxy="http://127.0.0.1:9")

    assert ended.error_ids == ["E-AWS-02"]
    assert "http://127.0.0.1:9" in ended.report["problems"][0]["what"]
    assert ended.calls == ()


def test_without_the_input_no_proxy_of_the_environment_is_asked(team: Team) -> None:
    names = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy")
    with team.on_a_port(), serving(lambda _: Reply(status=502)) as proxy:
        ended = team.run(env=KEYS | dict.fromkeys(names, proxy.url))

    assert ended.outputs["outcome"] == "deployed", ended.log
    assert proxy.asked == []

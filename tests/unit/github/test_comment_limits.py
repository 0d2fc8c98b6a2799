"""The one comment at GitHub's limits of rate and size: waited out, or a notice."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from signed_lambda.github import upsert_comment
from signed_lambda.report.comment import render_comment
from tests.unit.github.comments import COMMENTS, HERE, body
from tests.unit.github.conftest import BACKENDS
from tests.unit.report.cases import LOOP, report

if TYPE_CHECKING:
    from signed_lambda.github import Access
    from tests.support.github_server import GitHubServer
    from tests.unit.github.conftest import Clock


pytestmark = pytest.mark.parametrize("server", BACKENDS, indirect=True)

SECONDARY = {
    "message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try"
    " again."
}
"""Source: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api"""


@pytest.mark.parametrize(
    ("header", "waited_s"),
    [({"Retry-After": "7"}, 7.0), ({}, 60.0)],
    ids=["with Retry-After", "without"],
)
@pytest.mark.parametrize("at", [f"GET {COMMENTS}", "POST /graphql", "PATCH", "DELETE"])
def test_secondary_rate_limit_is_waited_out_at_every_request(
    server: GitHubServer,
    access: Access,
    clock: Clock,
    header: dict[str, str],
    waited_s: float,
    at: str,
) -> None:
    server.comment(body(run_id=9))
    best = server.comment(body(run_id=10))
    server.fail(at, 403, body=SECONDARY, headers=header)

    result = upsert_comment(HERE, body(run_id=11), access)

    assert [(c.id, c.body) for c in server.comments] == [(best.id, body(run_id=11))]
    assert result.notice == ""
    assert clock.slept == [waited_s]


@pytest.mark.parametrize("header", [{"Retry-After": "7"}, {}], ids=["with Retry-After", "without"])
@pytest.mark.parametrize(("status", "words"), [(403, SECONDARY), (429, {"message": "Slow down"})])
def test_secondary_rate_limit_at_create_is_waited_out_and_leaves_one(
    server: GitHubServer,
    access: Access,
    clock: Clock,
    header: dict[str, str],
    status: int,
    words: dict[str, str],
) -> None:
    server.fail(f"POST {COMMENTS}", status, body=words, headers=header)

    result = upsert_comment(HERE, body(), access)

    assert [c.body for c in server.comments] == [body()]
    assert result.notice == ""
    assert clock.slept == [7.0 if header else 60.0]


@pytest.mark.parametrize(
    ("header", "waited_s"),
    [({"Retry-After": "61"}, []), ({"Retry-After": "25"}, [25.0, 25.0]), ({}, [60.0])],
    ids=["at once", "after two waits", "without Retry-After"],
)
def test_secondary_rate_limit_that_outlasts_the_budget_ends_with_a_notice(
    server: GitHubServer,
    access: Access,
    clock: Clock,
    header: dict[str, str],
    waited_s: list[float],
) -> None:
    server.fail(f"POST {COMMENTS}", 403, body=SECONDARY, headers=header, times=99)

    result = upsert_comment(HERE, body(), access)

    assert "rate limit is used up" in result.notice
    assert "would take too long" in result.notice
    assert clock.slept == waited_s
    assert server.comments == []


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


def long(run_id: int, size: int) -> str:
    text = body(run_id)
    return text + "x" * (size - len(text))


@pytest.mark.parametrize("earlier", [[], [10]], ids=["create", "edit"])
def test_65_537_characters_end_with_githubs_words(
    server: GitHubServer, access: Access, earlier: list[int]
) -> None:
    for run_id in earlier:
        server.comment(body(run_id=run_id))

    result = upsert_comment(HERE, long(11, 65_537), access)

    assert "GitHub answered 422" in result.notice
    assert "too long" in result.notice
    assert [c.body for c in server.comments] == [body(run_id=r) for r in earlier]


def test_65_536_characters_are_written(server: GitHubServer, access: Access) -> None:
    result = upsert_comment(HERE, long(11, 65_536), access)

    assert [len(c.body) for c in server.comments] == [65_536]
    assert result.notice == ""


def test_largest_report_is_written(server: GitHubServer, access: Access) -> None:
    findings = tuple(dataclasses.replace(LOOP, path=f"src/{'é' * 60}/{n}.py") for n in range(3_000))
    text = render_comment(report(findings=findings))

    result = upsert_comment(HERE, text, access)

    assert [c.body for c in server.comments] == [text]
    assert "Left out here" in text
    assert result.notice == ""

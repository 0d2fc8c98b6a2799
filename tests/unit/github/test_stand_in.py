"""The GitHub that the other tests run against answers the real PyGithub as GitHub would."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from github import Auth, Github, GithubException, UnknownObjectException

from tests.support.github_server import GitHubServer, User
from tests.unit.github.conftest import BACKENDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from github.Repository import Repository

HEAD = "a" * 40
ON_BOTH = pytest.mark.parametrize("server", BACKENDS, indirect=True)


def repository(server: GitHubServer, token: str = "ghs_ours") -> Repository:
    github = Github(
        auth=Auth.Token(token),
        base_url=server.url,
        retry=0,
        seconds_between_writes=None,
        seconds_between_requests=None,
        lazy=True,
    )
    return github.get_repo("acme/orders")


@pytest.fixture
def judged() -> Iterator[GitHubServer]:
    """A server whose violations the test itself expects."""
    with GitHubServer() as running:
        yield running


def test_check_run_is_created_by_the_actions_app_and_found_by_name(server: GitHubServer) -> None:
    repo = repository(server)

    made = repo.create_check_run(
        "plan live",
        HEAD,
        external_id="pf32",
        conclusion="success",
        output={"title": "t", "summary": "s", "text": "x"},
    )
    [found] = repo.get_commit(HEAD).get_check_runs(check_name="plan live")

    assert (found.id, found.external_id, found.head_sha) == (made.id, "pf32", HEAD)
    assert (found.status, found.conclusion) == ("completed", "success")
    assert (found.app.slug, found.app.id) == ("github-actions", 15368)
    assert (found.output.title, found.output.summary, found.output.text) == ("t", "s", "x")
    assert found.html_url == f"https://github.com/acme/orders/runs/{made.id}"


def test_check_runs_are_the_newest_of_each_name_and_app_unless_all_are_asked_for(
    server: GitHubServer,
) -> None:
    for n in range(3):
        server.check("plan", HEAD, external_id=str(n))
    server.check("plan", HEAD, external_id="forged", app="mallory")
    server.check("plan", "b" * 40, external_id="of another commit")
    commit = repository(server).get_commit(HEAD)

    latest = [c.external_id for c in commit.get_check_runs()]
    every = [c.external_id for c in commit.get_check_runs(filter="all")]

    assert latest == ["forged", "2"]
    assert every == ["forged", "2", "1", "0"]


def test_check_runs_and_files_come_in_pages(server: GitHubServer) -> None:
    for n in range(70):
        server.check(f"check {n}", HEAD)
    server.changed(7, *(f"src/{n}.py" for n in range(70)))
    repo = repository(server)

    checks = repo.get_commit(HEAD).get_check_runs()
    files = repo.get_pull(7).get_files()

    assert (checks.totalCount, len(list(checks))) == (70, 70)
    assert [f.filename for f in files] == [f"src/{n}.py" for n in range(70)]
    assert [s.query.get("page") for s in server.seen if s.path.endswith("/files")] == [
        None,
        "2",
        "3",
    ]


@pytest.mark.parametrize("checks", ["read", "none"])
def test_check_run_needs_the_permission(server: GitHubServer, checks: str) -> None:
    server.users["ghs_ours"] = User("github-actions[bot]", checks=checks)

    with pytest.raises(GithubException, match="Resource not accessible by integration") as refused:
        repository(server).create_check_run("plan", HEAD)

    assert refused.value.status == 403
    assert refused.value.headers["x-accepted-github-permissions"] == "checks=write"
    assert server.checks == []


def test_check_run_is_not_for_people(server: GitHubServer) -> None:
    server.users["ghp_anna"] = User("dev-anna", "User", integration=False)

    with pytest.raises(GithubException, match="authenticate via a GitHub App"):
        repository(server, "ghp_anna").create_check_run("plan", HEAD)

    assert server.checks == []


@pytest.mark.parametrize("member", ["summary", "text"])
def test_check_text_over_65_535_bytes_is_refused(server: GitHubServer, member: str) -> None:
    output = {"title": "t", "summary": "s"} | {member: "é" * 32_768}

    with pytest.raises(GithubException, match="Only 65535 characters are allowed") as refused:
        repository(server).create_check_run("plan", HEAD, output=output)

    assert refused.value.status == 422
    assert server.checks == []


def test_pull_requests_are_listed_by_state_head_and_base(server: GitHubServer) -> None:
    def side(owner: str, ref: str) -> dict[str, object]:
        return {"ref": ref, "sha": HEAD, "repo": {"full_name": f"{owner}/orders"}}

    server.pull(1, head=side("acme", "fix"))
    server.pull(2, head=side("mallory", "fix"))
    server.pull(3, head=side("acme", "fix"), state="closed")
    server.pull(4, head=side("acme", "other"), base=side("acme", "release"))
    repo = repository(server)

    def numbers(**query: str) -> list[int]:
        return [p.number for p in repo.get_pulls(**query)]

    assert numbers() == [4, 2, 1]
    assert numbers(head="acme:fix") == [1]
    assert numbers(head="acme:fix", state="all") == [3, 1]
    assert numbers(base="release") == [4]


@ON_BOTH
def test_comment_is_got_by_its_id(server: GitHubServer) -> None:
    made = server.comment("text")
    issue = repository(server).get_issue(7)

    assert issue.get_comment(made.id).body == "text"
    with pytest.raises(UnknownObjectException):
        issue.get_comment(made.id + 1).body  # noqa: B018 - the request is sent here


@ON_BOTH
def test_comment_is_minimized_with_its_classifier(server: GitHubServer) -> None:
    made = server.comment("text")
    comment = repository(server).get_issue(7).get_comments()[0]

    assert comment.minimize("OUTDATED") is True
    assert made.minimized == "OUTDATED"


@ON_BOTH
def test_minimizing_without_permission_is_refused_in_graphqls_way(server: GitHubServer) -> None:
    made = server.comment("text")
    server.users["ghs_ours"] = User("github-actions[bot]", pull_requests="read")
    comment = repository(server).get_issue(7).get_comments()[0]

    with pytest.raises(GithubException, match="Resource not accessible") as refused:
        comment.minimize()

    assert refused.value.data["errors"][0]["type"] == "FORBIDDEN"
    assert refused.value.data["data"] == {"minimizeComment": None}
    assert made.minimized == ""


@ON_BOTH
def test_minimizing_what_is_gone_is_not_found(server: GitHubServer) -> None:
    made = server.comment("text")
    comment = repository(server).get_issue(7).get_comments()[0]
    server.remove(made)

    with pytest.raises(UnknownObjectException, match="Could not resolve to a node"):
        comment.minimize()


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("query { viewer { login plan } }", "Cannot query field 'plan' on type 'User'"),
        ("query { viewer { login }", "Syntax Error"),
        ('mutation { minimizeComment(input: {subjectId: "1", classifier: OLD}) { __typename } }',
         "Value 'OLD' does not exist in 'ReportedContentClassifiers' enum"),
    ],
)  # fmt: skip
def test_query_that_githubs_schema_does_not_know_is_a_violation(
    judged: GitHubServer, query: str, told: str
) -> None:
    github = repository(judged).requester

    with pytest.raises(GithubException):
        github.graphql_query(query, {})

    assert len(judged.violations) == 1
    assert told in judged.violations[0]


def test_request_that_githubs_description_does_not_know_is_a_violation(
    judged: GitHubServer,
) -> None:
    requester = repository(judged).requester

    requester.requestJson("GET", "/repos/acme/orders/pulls", parameters={"since": "now"})
    requester.requestJson("POST", "/repos/acme/orders/issues/7/comments", input={"text": "x"})
    requester.requestJson("GET", "/repos/acme/orders/collaborators")

    assert [v.split(": ", 1)[1] for v in judged.violations] == [
        "query since: not in GitHub's description",
        "body: .: 'body' is a required property",
        "body text: not in GitHub's description",
        "no such operation: GET /repos/acme/orders/collaborators",
    ]

"""Who may write: no command that writes runs on code of a fork, whatever event brings it."""

from __future__ import annotations

import pytest

from signed_lambda.errors import EventError
from signed_lambda.inputs import COMMANDS, CommandName
from signed_lambda.runner import Event
from signed_lambda.trust import PULL_REQUEST_EVENTS, require_trusted_event

HERE = {"GITHUB_REPOSITORY": "acme/orders"}
WRITING: list[CommandName] = ["deploy", "rollback", "promote", "lock"]
READING: list[CommandName] = ["plan", "verify", "history", "scan"]


def pull_request(repository: object) -> dict[str, object]:
    return {"pull_request": {"head": {"repo": repository}}}


OURS = pull_request({"full_name": "acme/orders"})
FORK = pull_request({"full_name": "evil/orders"})


def refusal(name: str, payload: dict[str, object], environ: dict[str, str] = HERE) -> EventError:
    with pytest.raises(EventError) as caught:
        require_trusted_event(COMMANDS["deploy"], Event(name=name, payload=payload), environ)
    return caught.value


def test_the_commands_that_write_are_those() -> None:
    assert [name for name, command in COMMANDS.items() if command.writes] == WRITING
    assert [name for name, command in COMMANDS.items() if not command.writes] == READING


@pytest.mark.parametrize("command", WRITING)
@pytest.mark.parametrize("name", sorted(PULL_REQUEST_EVENTS))
def test_a_forks_pull_request_never_writes(command: CommandName, name: str) -> None:
    with pytest.raises(EventError) as caught:
        require_trusted_event(COMMANDS[command], Event(name=name, payload=FORK), HERE)

    assert caught.value.problems[0].id == "E-EVENT-02"
    assert "evil/orders" in str(caught.value)
    assert caught.value.exit_code == 34


@pytest.mark.parametrize("command", READING)
@pytest.mark.parametrize("name", [*sorted(PULL_REQUEST_EVENTS), "pull_request_target"])
def test_commands_that_only_read_run_on_any_event(command: CommandName, name: str) -> None:
    require_trusted_event(COMMANDS[command], Event(name=name, payload=FORK), HERE)


@pytest.mark.parametrize("payload", [OURS, FORK, {}])
def test_pull_request_target_never_writes(payload: dict[str, object]) -> None:
    assert refusal("pull_request_target", payload).problems[0].id == "E-EVENT-01"


@pytest.mark.parametrize("name", sorted(PULL_REQUEST_EVENTS))
def test_a_pull_request_of_this_repository_may_write(name: str) -> None:
    require_trusted_event(COMMANDS["deploy"], Event(name=name, payload=OURS), HERE)


@pytest.mark.parametrize(
    "name",
    ["push", "workflow_dispatch", "schedule", "release", "merge_group", "repository_dispatch", ""],
)
def test_events_without_foreign_code_may_write(name: str) -> None:
    require_trusted_event(COMMANDS["deploy"], Event(name=name), HERE)


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"pull_request": None},
        {"pull_request": "x"},
        {"pull_request": {}},
        {"pull_request": {"head": None}},
        {"pull_request": {"head": ["x"]}},
        pull_request(None),
        pull_request("acme/orders"),
        pull_request({}),
        pull_request({"full_name": None}),
        pull_request({"full_name": ["acme/orders"]}),
        pull_request({"full_name": ""}),
        pull_request({"full_name": "acme/orders2"}),
    ],
)
@pytest.mark.parametrize("environ", [HERE, {}])
def test_a_pull_request_that_does_not_say_whose_code_it_is_never_writes(
    payload: dict[str, object], environ: dict[str, str]
) -> None:
    assert refusal("pull_request", payload, environ).problems[0].id == "E-EVENT-02"


def test_a_deleted_fork_is_told_as_such() -> None:
    assert "code of a deleted fork" in str(refusal("pull_request", pull_request(None)))


def test_an_event_that_cannot_be_read_is_not_taken_for_a_deleted_fork() -> None:
    event = Event(name="pull_request", unreadable="the event file is not JSON")

    with pytest.raises(EventError, match="code of an unknown repository"):
        require_trusted_event(COMMANDS["deploy"], event, HERE)


@pytest.mark.parametrize(
    "head", [{"full_name": "evil/orders"}, None, {}, "acme/orders", {"full_name": None}]
)
def test_a_workflow_run_of_foreign_code_never_writes(head: object) -> None:
    payload: dict[str, object] = {"workflow_run": {"head_repository": head}}

    assert refusal("workflow_run", payload).problems[0].id == "E-EVENT-02"


@pytest.mark.parametrize("payload", [{}, {"workflow_run": None}, {"workflow_run": {}}])
def test_a_workflow_run_that_says_nothing_never_writes(payload: dict[str, object]) -> None:
    assert refusal("workflow_run", payload).problems[0].id == "E-EVENT-02"


def test_a_workflow_run_of_this_repository_may_write() -> None:
    payload = {"workflow_run": {"head_repository": {"full_name": "acme/orders"}}}

    require_trusted_event(COMMANDS["deploy"], Event(name="workflow_run", payload=payload), HERE)

"""Which workflow events may write: a fork's code must never reach a step that deploys.

Pure: reads the event as GitHub sent it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.errors import EventError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from signed_lambda.inputs import Command
    from signed_lambda.runner import Event

PULL_REQUEST_EVENTS: Final = frozenset(
    {"pull_request", "pull_request_review", "pull_request_review_comment"}
)
"""Events whose workflow runs the merge commit of a pull request."""


def require_trusted_event(command: Command, event: Event, environ: Mapping[str, str]) -> None:
    """Lets commands that write run only where the code comes from this repository.

    Raises:
        EventError: A fork's pull request, pull_request_target, or a workflow_run of a fork.
    Source: https://docs.github.com/en/actions/reference/security/securely-using-pull_request_target
    """
    if not command.writes:
        return
    if event.name == "pull_request_target":
        raise EventError.of(
            "E-EVENT-01",
            f"{command.name} was started by pull_request_target, which runs with this"
            " repository's secrets on a pull request",
            "Deploy on push to the protected branch; use `plan` on pull_request",
        )
    if is_of_a_fork(event, environ):
        nobody = "an unknown repository" if event.unreadable else "a deleted fork"
        head = _head_repository(event) or nobody
        raise EventError.of(
            "E-EVENT-02",
            f"{command.name} was started by {event.name} with code of {head}",
            "Deploy on push to the protected branch; forks get `plan` and `scan` in the summary",
        )


def is_of_a_fork(event: Event, environ: Mapping[str, str]) -> bool:
    """Whether the run is for a fork's pull request: such runs get no credentials."""
    head = _head_repository(event)
    return head is not None and (not head or head != environ.get("GITHUB_REPOSITORY", ""))


def gets_no_credentials(event: Event, environ: Mapping[str, str]) -> bool:
    """Whether GitHub gives the run neither secrets nor a token for AWS: a fork's pull request.

    A second workflow that it starts has them, and an event that cannot be read is no fork's.
    Source: https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#workflows-in-forked-repositories
    """
    known = isinstance(event.payload.get("pull_request"), dict)
    return event.name in PULL_REQUEST_EVENTS and known and is_of_a_fork(event, environ)


def _head_repository(event: Event) -> str | None:
    """The "owner/name" of the code's repository; None where the event has no head of its own.

    Reviews of a pull request run its merge commit, as `pull_request` does; "" where the event does
    not say whose code it is (a fork that was deleted since, an event that cannot be read).
    Source: https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows
    """
    if event.name == "workflow_run":
        return _full_name(_inside(event.payload.get("workflow_run"), "head_repository"))
    if event.name in PULL_REQUEST_EVENTS:
        head = _inside(event.payload.get("pull_request"), "head")
        return _full_name(_inside(head, "repo"))
    return None


def _inside(holder: object, name: str) -> object:
    return holder.get(name) if isinstance(holder, dict) else None


def _full_name(repository: object) -> str:
    name = _inside(repository, "full_name")
    return name if isinstance(name, str) else ""

"""Which workflow events may write: a fork's code must never reach a step that deploys.

Pure: reads the event as GitHub sent it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from signed_lambda.errors import EventError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from signed_lambda.inputs import Command
    from signed_lambda.runner import Event


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
    repository = environ.get("GITHUB_REPOSITORY", "")
    head = _head_repository(event)
    if head is not None and head != repository:
        raise EventError.of(
            "E-EVENT-02",
            f"{command.name} was started by {event.name} with code of {head or 'a deleted fork'}",
            "Deploy on push to the protected branch; forks get `plan` and `scan` in the summary",
        )


def _head_repository(event: Event) -> str | None:
    """The "owner/name" of the code's repository; None where the event has no head of its own."""
    key = {"pull_request": "pull_request", "workflow_run": "workflow_run"}.get(event.name)
    if key is None:
        return None
    holder = event.payload.get(key)
    if not isinstance(holder, dict):
        return ""
    source = holder.get("head") if key == "pull_request" else holder
    repository = None
    if isinstance(source, dict):
        repository = source.get("repo") or source.get("head_repository")
    return str(repository.get("full_name", "")) if isinstance(repository, dict) else ""

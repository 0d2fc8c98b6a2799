"""Everything that a run leaves where people or other programs can read it, by name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from tests.support.canaries import leaks, presigned, without_masks

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from lambda_sandbox.calls import Call
    from tests.support.action import Ended, Team
    from tests.support.canaries import Canary
    from tests.support.checked_server import Seen
    from tests.support.github_server import GitHubServer

_CONTENT: Final = frozenset({"Body", "Payload", "WebIdentityToken", "ZipFile"})
"""Members that hold the package, the smoke event or a token, which are meant to go there."""


def secrets_shown(
    team: Team,
    ended: Ended,
    canaries: Collection[Canary],
    *,
    github: GitHubServer | None = None,
    streams: Mapping[str, str] | None = None,
) -> list[str]:
    """What a run showed and should not have: leaks, and masks that are none; empty when clean.

    Args:
        team: Whose run it was; its presigned URLs are canaries too.
        ended: The run.
        canaries: That were planted.
        github: What was asked of it is looked at, too.
        streams: What else was printed, by the stream's name.
    """
    planted = (*canaries, *presigned(team.sandbox.presigned_urls))
    printed, wrong = without_masks(ended.log, planted)
    sinks = {
        "stdout": printed,
        "the job's page": "\n".join(without_masks("\n".join(ended.console.log), ())[0].split("\n")),
        "annotations": "\n".join(map(str, ended.console.annotations)),
        "outputs": json.dumps(dict(ended.outputs), ensure_ascii=False),
        "summary": ended.summary,
        **(streams or {}),
        **_files(team.workspace / ".signed-lambda"),
        **{f"{c.service}:{c.operation} {n}": _asked(c) for n, c in enumerate(ended.calls)},
    }
    if github is not None:
        sinks |= {f"GitHub {s.line} {n}": _sent(s) for n, s in enumerate(github.seen)}
        sinks |= {f"comment {c.id}": c.body for c in github.comments}
        sinks |= {f"check run {c['id']}": json.dumps(c) for c in github.checks}
    found = leaks(sinks, planted)
    return [f"{x.canary} as {x.spelling} in {x.sink}" for x in found] + wrong


def _files(folder: Path) -> dict[str, bytes]:
    """The reports: JSON, Markdown, SARIF."""
    if not folder.is_dir() or folder.is_symlink():
        return {}
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _asked(call: Call) -> str:
    """What stays in AWS for others to read: keys, metadata, descriptions; never signatures."""
    told = {name: value for name, value in call.params.items() if name not in _CONTENT}
    return json.dumps(told, default=str, ensure_ascii=False)


def _sent(seen: Seen) -> str:
    """A request to GitHub, but for the header in which the token belongs."""
    headers = {k: v for k, v in seen.headers.items() if k != "authorization"}
    return json.dumps([seen.line, seen.query, headers, seen.body], ensure_ascii=False)

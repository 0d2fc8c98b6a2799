"""Step 14: the report goes to all who read it; a failure here never changes the AWS result."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from signed_lambda.report import annotations as notes
from signed_lambda.report.comment import render_comment
from signed_lambda.report.jsonreport import render_json
from signed_lambda.report.outputs import outputs
from signed_lambda.report.summary import render_summary
from signed_lambda.report.text import render_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from signed_lambda.cloud import Clock
    from signed_lambda.inputs import Inputs
    from signed_lambda.report.model import Report
    from signed_lambda.runner import Runner

DEFAULT_API_URL: Final = "https://api.github.com"
FOLDER: Final = ".signed-lambda"
"""In the workspace, the only folder that later steps of the job can read; never packed."""


def tell(
    report: Report,
    runner: Runner,
    environ: Mapping[str, str],
    inputs: Inputs | None,
    clock: Clock,
) -> None:
    """Writes the report's files, posts the comment, sets outputs and summary, prints the text."""
    path = _write_files(report, runner, environ)
    comment_url = _comment(report, runner, environ, inputs, clock) if inputs else ""
    for annotation in notes.annotations(report):
        runner.annotate(annotation)
    runner.summary(render_summary(report))
    runner.set_outputs(outputs(report, comment_url=comment_url, report_path=path, sarif_path=""))
    runner.text(render_text(report))


def _write_files(report: Report, runner: Runner, environ: Mapping[str, str]) -> str:
    """Writes the report as JSON and as Markdown (the comment) into the workspace.

    Returns:
        The path of the JSON, relative to the workspace; "" where it cannot be written.
    """
    workspace = Path(environ.get("GITHUB_WORKSPACE") or Path.cwd())
    name = f"{report.command}-{report.function_name or 'source'}-{report.alias}"
    safe = "".join(c if c.isalnum() or c in "-_." else "_" for c in name)[-200:]
    try:
        folder = workspace / FOLDER
        folder.mkdir(exist_ok=True)
        if folder.is_symlink():
            raise OSError(errno.ELOOP, f"{FOLDER} is a symbolic link")
        _write(folder / f"{safe}.json", render_json(report), workspace)
        _write(folder / f"{safe}.md", render_comment(report), workspace)
    except OSError as error:
        runner.warning(f"the report could not be written to {FOLDER}: {error.strerror}")
        return ""
    return f"{FOLDER}/{safe}.json"


def _write(path: Path, text: str, workspace: Path) -> None:
    """A new file, owned as the workspace is: root's files would block the next checkout."""
    path.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with os.fdopen(os.open(path, flags, 0o644), "w", encoding="utf-8") as file:
        file.write(text)
    if os.geteuid() == 0:
        owner = workspace.stat()
        for made in (path.parent, path):
            os.chown(made, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _comment(
    report: Report,
    runner: Runner,
    environ: Mapping[str, str],
    inputs: Inputs,
    clock: Clock,
) -> str:
    """The comment's URL, "" where there is none; why not is told in one notice."""
    if inputs.comment == "off" or not inputs.github_token or not runner.on_github:
        return ""
    from signed_lambda.github import (  # noqa: PLC0415 - PyGithub is slow to import
        Access,
        PullRequest,
        find_pull_request,
        upsert_comment,
    )

    access = Access(
        token=inputs.github_token,
        clock=clock,
        api_url=environ.get("GITHUB_API_URL") or DEFAULT_API_URL,
    )
    found = find_pull_request(
        runner.event().payload, report.run, access, pr_number=str(inputs.pr_number or "")
    )
    if not isinstance(found, PullRequest):
        if not found.expected:
            runner.notice(f"no comment: {found.reason}")
        return ""
    result = upsert_comment(found, render_comment(report), access)
    if result.notice:
        runner.notice(result.notice)
    return result.url

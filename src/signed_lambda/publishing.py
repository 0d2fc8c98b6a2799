"""Step 14: the report goes to all who read it; a failure here never changes the AWS result."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from signed_lambda.report.annotations import annotations
from signed_lambda.report.comment import render_comment
from signed_lambda.report.jsonreport import render_json
from signed_lambda.report.outputs import outputs
from signed_lambda.report.summary import render_summary
from signed_lambda.report.text import render_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from signed_lambda.inputs import Inputs
    from signed_lambda.report.model import Report
    from signed_lambda.runner import Runner

FOLDER: Final = ".signed-lambda"
"""In the workspace, the only folder that later steps of the job can read; never packed."""


def tell(report: Report, runner: Runner, environ: Mapping[str, str], inputs: Inputs | None) -> None:
    """Writes the report's files, posts the comment, sets outputs and summary, prints the text."""
    path = _write_json(report, runner, environ)
    comment_url = _comment(report, runner, environ, inputs) if inputs else ""
    for annotation in annotations(report):
        runner.annotate(annotation)
    runner.summary(render_summary(report))
    runner.set_outputs(outputs(report, comment_url=comment_url, report_path=path, sarif_path=""))
    runner.text(render_text(report))


def _write_json(report: Report, runner: Runner, environ: Mapping[str, str]) -> str:
    """The path of the JSON report, relative to the workspace, "" where it cannot be written."""
    workspace = Path(environ.get("GITHUB_WORKSPACE") or Path.cwd())
    name = f"{report.command}-{report.function_name or 'source'}-{report.alias}.json"
    safe = "".join(c if c.isalnum() or c in "-_." else "_" for c in name)[-200:]
    folder = workspace / FOLDER
    try:
        owner = workspace.stat()
        folder.mkdir(exist_ok=True)
        if folder.is_symlink():
            raise OSError(f"{FOLDER} is a symbolic link")
        path = folder / safe
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(render_json(report))
        if os.geteuid() == 0:
            os.chown(folder, owner.st_uid, owner.st_gid, follow_symlinks=False)
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
    except OSError as error:
        runner.warning(f"the JSON report could not be written to {FOLDER}: {error.strerror}")
        return ""
    return f"{FOLDER}/{safe}"


def _comment(report: Report, runner: Runner, environ: Mapping[str, str], inputs: Inputs) -> str:
    """The comment's URL, "" where there is none; why not is told in one notice."""
    if inputs.comment == "off" or not inputs.github_token or not runner.on_github:
        return ""
    from signed_lambda.github import post  # noqa: PLC0415 - PyGithub is slow to import

    result = post(
        body=render_comment(report),
        event=runner.event(),
        run=report.run,
        token=inputs.github_token,
        pr_number=inputs.pr_number,
        api_url=environ.get("GITHUB_API_URL", "https://api.github.com"),
    )
    if result.notice:
        runner.notice(result.notice)
    return result.url

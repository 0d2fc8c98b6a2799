"""Step 14: the report goes to all who read it; a failure here never changes the AWS result.

Each reader is served by itself: what goes wrong for one is told in the log, and the others get
theirs.
"""

from __future__ import annotations

import os
import string
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from signed_lambda.provenance import checksums, predicate
from signed_lambda.pull_request import Told
from signed_lambda.report import annotations as notes
from signed_lambda.report.annotations import Annotation
from signed_lambda.report.comment import render_comment
from signed_lambda.report.jsonreport import render_json
from signed_lambda.report.outputs import outputs
from signed_lambda.report.sarif import render_sarif, was_reviewed
from signed_lambda.report.summary import render_summary
from signed_lambda.report.text import render_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from signed_lambda.model import Package
    from signed_lambda.pull_request import Conversation
    from signed_lambda.report.model import Report
    from signed_lambda.runner import Runner

T = TypeVar("T")
_NO_PATHS: Final[tuple[str, ...]] = ("", "", "")
FOLDER: Final = ".signed-lambda"
"""In the workspace, the only folder that later steps of the job can read; never packed."""
_PLAIN: Final = frozenset(string.ascii_letters + string.digits + "-_.")


def tell(
    report: Report,
    runner: Runner,
    environ: Mapping[str, str],
    talk: Conversation | None,
    build: Package | None,
) -> None:
    """Posts the comment, writes the report's files, sets outputs and summary, prints the text.

    What goes wrong is told in one place, with the other annotations: GitHub shows ten of a level.

    Args:
        report: Of the run.
        runner: Reads what is printed.
        environ: The environment.
        talk: With the pull request; None when the inputs could not be read.
        build: What was packed, None when nothing was.
    """
    said: list[Annotation] = []

    def serve(what: str, send: Callable[[], T], otherwise: T) -> T:
        try:
            return send()
        except Exception as error:  # noqa: BLE001 - the run has ended: its result must still be told
            why = error.strerror if isinstance(error, OSError) else None
            message = f"{what} could not be written: {why or type(error).__name__}"
            if (warning := Annotation(level="warning", message=message)) not in said:
                said.append(warning)
            return otherwise

    def hand_over(comment_url: str) -> None:
        path = serve(f"the report in {FOLDER}", lambda: _write_report(report, environ), "")
        sarif = serve(f"the SARIF file in {FOLDER}", lambda: _write_sarif(report, environ), "")
        provenance = serve(
            f"the statement in {FOLDER}", lambda: _write_provenance(report, environ), _NO_PATHS
        )
        shown = outputs(
            report,
            comment_url=comment_url,
            report_path=path,
            sarif_path=sarif,
            provenance_paths=provenance,
        )
        serve("the outputs", lambda: runner.set_outputs(shown), None)

    # What later steps read comes first: GitHub may take long, and a cancelled job is just ended.
    early = talk is not None and runner.on_github
    if early:
        hand_over("")
    told = serve(
        "the pull-request comment",
        lambda: talk.tell(report, build) if talk else Told(report),
        Told(report),
    )
    is_news = told.report is not report or bool(told.comment_url)
    report = told.report
    if told.notice:
        said.append(Annotation(level="notice", message=told.notice))
    if is_news or not early:
        hand_over(told.comment_url)
    serve("the job summary", lambda: runner.summary(render_summary(report)), None)
    all_said = serve("the annotations", lambda: list(notes.annotations(report, said)), said)
    for annotation in tuple(all_said):  # `said` grows where nobody reads the log
        serve("the log", partial(runner.annotate, annotation), None)
    serve("the log", lambda: runner.text(render_text(report)), None)


def _write_report(report: Report, environ: Mapping[str, str]) -> str:
    """Writes the report as JSON and as Markdown (the comment); the path of the JSON."""
    texts = {"json": render_json(report), "md": render_comment(report)}
    return _write_files(report, environ, texts)


def _write_sarif(report: Report, environ: Mapping[str, str]) -> str:
    """Writes the findings as SARIF; the path, "" when nothing was reviewed.

    A file without results would close the alerts of an earlier review.
    """
    if not was_reviewed(report):
        return ""
    return _write_files(report, environ, {"sarif": render_sarif(report, rule_pages())})


def _write_provenance(report: Report, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Writes the release's statement, its predicate and its subjects; their paths."""
    text = report.provenance
    if not text:
        return _NO_PATHS
    texts = {
        "intoto.json": text,
        "predicate.json": predicate(text),
        "checksums.txt": checksums(text),
    }
    first = _write_files(report, environ, texts)
    return tuple(first.removesuffix("intoto.json") + ending for ending in texts)


def rule_pages() -> dict[str, str]:
    """The page of each installed rule, by the rule's id: a rule's docstring is its page."""
    from signed_lambda.scan import all_rules  # noqa: PLC0415 - there only after a review

    return {rule.ID: rule.__doc__ or "" for rule in all_rules()}


def _write_files(report: Report, environ: Mapping[str, str], texts: Mapping[str, str]) -> str:
    """Writes files of the report's name into the workspace, by their endings.

    The folder is opened once and never followed: a link that an earlier step planted, or swaps in
    meanwhile, leads no file elsewhere.

    Returns:
        The path of the first, relative to the workspace.

    Raises:
        OSError: It cannot be written.
    """
    workspace = Path(environ.get("GITHUB_WORKSPACE") or Path.cwd())
    several = len(report.checks) > 1
    about = report.function_name or ("aliases" if several else "source")
    name = f"{report.command}-{about}" + ("" if several else f"-{report.alias}")
    safe = "".join(c if c in _PLAIN else "_" for c in name)[-200:]
    with suppress(FileExistsError):
        (workspace / FOLDER).mkdir()
    folder = os.open(workspace / FOLDER, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        for ending, text in texts.items():
            _write(folder, f"{safe}.{ending}", text)
    finally:
        os.close(folder)
    return f"{FOLDER}/{safe}.{next(iter(texts))}"


def _write(folder: int, name: str, text: str) -> None:
    """A new file in the open folder; what had the name before is gone, not written through."""
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with os.fdopen(os.open(name, flags, 0o644, dir_fd=folder), "w", encoding="utf-8") as file:
        file.write(text)

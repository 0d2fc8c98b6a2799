"""The protocol of GitHub's runner: the only writer of stdout and of the runner's files.

Commands are printed lines, outputs and the summary are files whose names come from the
environment. Outside of GitHub (no GITHUB_ACTIONS) the same calls print plain lines and write no
files, so that people can run the program by hand.

Imports report.escape, report.annotations and report.model. Must never print text of others but
through `escape`, and never print a secret: callers `mask` it before anything else.
"""

from __future__ import annotations

import json
import re
import secrets
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from signed_lambda.report import escape
from signed_lambda.report.annotations import Annotation
from signed_lambda.report.model import Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from signed_lambda.report.annotations import Level

MAX_SUMMARY_BYTES: Final = 1_048_576
"""The runner drops a longer summary as a whole.

Source: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions#step-isolation-and-limits
"""
MAX_MESSAGE: Final = 4_000
"""Characters of one annotation. The runner cuts at 4,096 (actions/runner, ExecutionContext.cs)."""
MAX_EVENT_BYTES: Final = 32 * 1024 * 1024
"""GitHub caps an event's payload at 25 MB; what is larger was not written by GitHub.

Source: https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The event that started the workflow.

    Attributes:
        name: "push", "pull_request", ...; "" outside of GitHub.
        payload: As GitHub sent it; empty when it could not be read.
        unreadable: Why it could not be read, one sentence; "" when it could.
    """

    name: str
    payload: Mapping[str, object] = field(default_factory=dict, repr=False)
    unreadable: str = ""


class Runner:
    """What the program says to the runner, and what it learns from it."""

    def __init__(self, environ: Mapping[str, str], stdout: TextIO) -> None:
        """Nothing is read or printed yet.

        Args:
            environ: The process environment.
            stdout: Where lines go; the runner reads it.
        """
        self._environ = environ
        self._stdout = stdout
        self._event: Event | None = None

    @property
    def on_github(self) -> bool:
        """Whether a runner reads what is printed."""
        return self._environ.get("GITHUB_ACTIONS") == "true"

    def mask(self, secret: str) -> None:
        """Makes the runner show *** wherever the secret is printed from now on.

        Each line is masked on its own too, because the log is made of lines. Blank values are
        left alone: the runner refuses them, and a single character would garble the log.
        """
        if not self.on_github:
            return
        for part in dict.fromkeys((secret, *secret.splitlines())):
            if len(part.strip()) >= 4:  # noqa: PLR2004 - shorter values are no secrets
                # Not `command_data`: a mask must be the secret itself, not its visible form.
                data = part.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
                self._print(f"::add-mask::{data}")

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """Folds the lines printed inside under a title."""
        if self.on_github:
            self._print(f"::group::{escape.command_data(escape.visible(title))}")
        else:
            self.line(title)
        try:
            yield
        finally:
            if self.on_github:
                self._print("::endgroup::")

    def line(self, text: str) -> None:
        """Prints one line; whatever it holds, the runner takes it for text."""
        self._print(escape.log(text))

    def text(self, block: str) -> None:
        """Prints several lines, each as `line` does."""
        for line in block.rstrip("\n").split("\n"):
            self.line(line)

    def notice(self, said: Annotation | str) -> None:
        """Shows a notice at the top of the run, or beside the code that it names."""
        self._annotate("notice", said)

    def warning(self, said: Annotation | str) -> None:
        """Shows a warning, as `notice` does."""
        self._annotate("warning", said)

    def error(self, said: Annotation | str) -> None:
        """Shows an error, as `notice` does. It does not fail the step: the exit code does."""
        self._annotate("error", said)

    def annotate(self, annotation: Annotation) -> None:
        """Shows an annotation at its own level."""
        self._annotate(annotation.level, annotation)

    def set_outputs(self, values: Mapping[str, str]) -> None:
        """Sets outputs of the step; prints them where there is no runner.

        Raises:
            OSError: The runner's file cannot be written.
            ValueError: A name is not of its form.
        """
        blocks = [escape.heredoc(k, v, f"end_{secrets.token_hex(16)}") for k, v in values.items()]
        if not self._append("GITHUB_OUTPUT", "".join(blocks)):
            for name, value in values.items():
                self.line(f"{name}={value}")

    def summary(self, markdown: str) -> None:
        """Adds to the job summary; nothing is printed where there is no runner.

        Raises:
            OSError: The runner's file cannot be written.
            ValueError: The text is longer than the runner takes: a mistake of ours.
        """
        if len(markdown.encode()) > MAX_SUMMARY_BYTES:
            raise ValueError(f"a summary has at most {MAX_SUMMARY_BYTES} bytes")
        self._append("GITHUB_STEP_SUMMARY", markdown)

    def event(self) -> Event:
        """The event that started the workflow; a broken or missing one is told in the result."""
        if self._event is None:
            name = self._environ.get("GITHUB_EVENT_NAME", "")
            self._event = _read_event(name, self._environ.get("GITHUB_EVENT_PATH", ""))
        return self._event

    def run(self) -> Run:
        """The workflow run, as far as the environment tells."""
        env = self._environ
        return Run(
            repository=env.get("GITHUB_REPOSITORY", ""),
            server_url=env.get("GITHUB_SERVER_URL", "").rstrip("/"),
            run_id=_number(env.get("GITHUB_RUN_ID", "")),
            attempt=_number(env.get("GITHUB_RUN_ATTEMPT", "")),
            commit=self._commit(),
            event=env.get("GITHUB_EVENT_NAME", ""),
            actor=env.get("GITHUB_TRIGGERING_ACTOR", "") or env.get("GITHUB_ACTOR", ""),
            workflow=env.get("GITHUB_WORKFLOW", ""),
            branch=_branch(env.get("GITHUB_REF", "")),
        )

    def _commit(self) -> str:
        """The commit that people know: a pull request's head, not its test merge.

        Of a workflow that another one started it is the other one's commit: GITHUB_SHA is then the
        last one of the default branch, whatever is worked on.
        """
        payload = self.event().payload
        pull_request, begun_by = payload.get("pull_request"), payload.get("workflow_run")
        head = pull_request.get("head") if isinstance(pull_request, dict) else None
        sha = head.get("sha") if isinstance(head, dict) else None
        other = begun_by.get("head_sha") if isinstance(begun_by, dict) else None
        candidates = (sha, other, self._environ.get("GITHUB_SHA", ""))
        return next(
            (c for c in candidates if isinstance(c, str) and re.fullmatch("[0-9a-f]{40}", c)), ""
        )

    def _annotate(self, level: Level, said: Annotation | str) -> None:
        what = said if isinstance(said, Annotation) else Annotation(level=level, message=said)
        if not self.on_github:
            title = f"{what.title}: " if what.title else ""
            place = f"{what.path}:{what.line}: " if what.path else ""
            self.text(f"{level}: {place}{title}{what.message}")
            return
        properties = {"title": escape.clip(what.title, 200), "file": what.path}
        if what.path and what.line > 0:
            properties["line"] = str(what.line)
            properties["endLine"] = str(max(what.line, what.end_line))
        listed = ",".join(f"{k}={escape.command_property(v)}" for k, v in properties.items() if v)
        message = escape.command_data(escape.clip(what.message, MAX_MESSAGE))
        self._print(f"::{level}{' ' + listed if listed else ''}::{message}")

    def _append(self, variable: str, text: str) -> bool:
        """Adds text to one of the runner's files; False when there is no such file."""
        path = self._environ.get(variable, "")
        if not path:
            return False
        with Path(path).open("a", encoding="utf-8", newline="\n") as file:
            file.write(text)
        return True

    def _print(self, line: str) -> None:
        self._stdout.write(line + "\n")
        self._stdout.flush()


def _branch(ref: str) -> str:
    return ref.removeprefix("refs/heads/") if ref.startswith("refs/heads/") else ""


def _read_event(name: str, path: str) -> Event:
    if not path:
        return Event(name=name, unreadable="GITHUB_EVENT_PATH is not set")
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_EVENT_BYTES + 1)
    except OSError as error:
        return Event(
            name=name, unreadable=f"the event file cannot be read: {error.strerror or error}"
        )
    if len(content) > MAX_EVENT_BYTES:
        return Event(name=name, unreadable=f"the event file is larger than {MAX_EVENT_BYTES} bytes")
    try:
        payload = json.loads(content)
    except (ValueError, RecursionError):
        return Event(name=name, unreadable="the event file is not JSON")
    if not isinstance(payload, dict):
        return Event(name=name, unreadable="the event file holds no JSON object")
    return Event(name=name, payload=payload)


def _number(text: str) -> int:
    """A run's number from 0, 0 for anything that is not one."""
    return int(text) if re.fullmatch("[0-9]{1,18}", text) else 0

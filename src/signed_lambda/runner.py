"""The protocol of GitHub's runner: the only writer of stdout and of the runner's files.

Commands are printed lines, outputs and the summary are files whose names come from the
environment. Outside of GitHub (no GITHUB_ACTIONS) the same calls print plain lines and write no
files, so that people can run the program by hand.

Imports report.escape, report.annotations and report.model. Must never print text of others but
through `escape`, and never print a secret: callers `mask` it before anything else.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from contextlib import suppress
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from signed_lambda.lazy import dataclass
from signed_lambda.report import escape
from signed_lambda.report.annotations import Annotation
from signed_lambda.report.model import Run

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from signed_lambda.report.annotations import Level

MAX_SUMMARY_BYTES: Final = 1_048_576
"""The runner drops a longer summary as a whole.

Source: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions#step-isolation-and-limits
"""
MAX_MESSAGE: Final = 4_000
"""Characters of one annotation. The runner cuts at 4,096 (actions/runner, ExecutionContext.cs)."""
MIN_SECRET: Final = 8
"""Characters of the shortest value that is masked; every credential of AWS and GitHub is longer.

An emulator's "test" would garble each line and hash that holds it, and a step's output that holds
it would be lost to other jobs. Secrets of the workflow are masked by GitHub itself, at any length.
"""
_APPEND: Final = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
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
        self._held: dict[str, int] = {}
        self._masked: set[str] = set()

    @property
    def on_github(self) -> bool:
        """Whether a runner reads what is printed."""
        return self._environ.get("GITHUB_ACTIONS") == "true"

    def mask(self, secret: str) -> None:
        """Makes the runner show *** wherever the secret is printed from now on.

        Called before the secret is used; printed once, however often it is called. Never between
        `text`'s lines: there the runner would take the command for text, and show the secret.

        Each line is masked alone, because the log is made of lines; a value of several lines is
        never sent whole, because the runner then masks each of them, down to a single brace. What
        is not printable needs no mask: it is never printed as it is.

        Source: actions/runner 2.336.0, ActionCommandManager.cs (AddMaskCommandExtension)
        """
        if not self.on_github:
            return
        for part in dict.fromkeys(line.strip() for line in secret.splitlines()):
            if len(part) >= MIN_SECRET and part.isprintable() and part not in self._masked:
                self._masked.add(part)
                # Not `command_data`: a mask must be the secret itself, not its visible form.
                self._send(f"::add-mask::{part.replace('%', '%25')}")

    def group(self, title: str, lines: Iterable[str]) -> None:
        """Prints lines that GitHub folds under their title.

        All at once: a run that is killed leaves no group open, and nothing else is folded by
        chance.
        """
        shown, safe = escape.log(title), [escape.log(line) for line in lines]
        if self.on_github:
            self._print(f"::group::{escape.command_data(shown)}", *safe, "::endgroup::")
        else:
            self._print(shown, *(f"    {line}" for line in safe))

    def line(self, text: str) -> None:
        """Prints one line; whatever it holds, the runner takes it for text."""
        self._print(escape.log(text))

    def text(self, block: str) -> None:
        """Prints several lines, each as `line` does, while the runner takes no command at all.

        A second belt for the report, which holds the most foreign text: should a later runner read
        commands in a way that `escape.log` does not know, it reads none here. All at once, so that
        the commands are on again whatever happens. Around every other line the belt would cost
        more than it holds: the runner shows both of its lines, and they would be most of the log.

        Source: actions/runner 2.336.0, ActionCommandManager.cs (TryProcessCommand)
        """
        lines = [escape.log(line) for line in block.rstrip("\n").split("\n")]
        if self.on_github:
            token = _token_not_in(block)
            lines = [f"::stop-commands::{token}", *lines, f"::{token}::"]
        self._print(*lines)

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

    def hold_files(self) -> None:
        """Opens the runner's files for good: the process will not be root when it writes them.

        One that cannot be opened is told when it is to be written.
        """
        for variable in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
            with suppress(OSError):
                self._held[variable] = os.open(self._environ.get(variable, ""), _APPEND, 0o644)

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
        event = self.event()  # whose file may be of another event
        of_one = event.name.startswith("pull_request")
        pull_request = event.payload.get("pull_request") if of_one else None
        of_other = event.name == "workflow_run"
        begun_by = event.payload.get("workflow_run") if of_other else None
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
        # The runner prints the message in the log too, where GitHub's page reads `##[group]`.
        lines = escape.clip(what.message.replace("\r\n", "\n"), MAX_MESSAGE).split("\n")
        message = escape.command_data("\n".join(map(escape.log, lines)))
        self._print(f"::{level}{' ' + listed if listed else ''}::{message}")

    def _append(self, variable: str, text: str) -> bool:
        """Adds text to one of the runner's files; False when there is no such file."""
        path = self._environ.get(variable, "")
        if not path:
            return False
        held = self._held.get(variable)
        opened = os.open(path, _APPEND, 0o644) if held is None else os.dup(held)
        with os.fdopen(opened, "a", encoding="utf-8", newline="\n") as file:
            file.write(text)
        return True

    def _print(self, *lines: str) -> None:
        """As `_send`, for what is told only.

        A full disk, or a log that nobody reads any more, does not change what the run did: told as
        a failure, a move that took effect would seem to be none. A mask must arrive.
        """
        with suppress(OSError):
            self._send(*lines)

    def _send(self, *lines: str) -> None:
        """In one write: the watchdog's last line comes before or after, never in between."""
        self._stdout.write("".join(f"{line}\n" for line in lines))
        self._stdout.flush()


def _branch(ref: str) -> str:
    return ref.removeprefix("refs/heads/") if ref.startswith("refs/heads/") else ""


def _token_not_in(text: str) -> str:
    """A word that ends a block, which the text cannot hold; the runner compares without case."""
    while (token := f"end-{secrets.token_hex(16)}") in text.lower():
        pass
    return token


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

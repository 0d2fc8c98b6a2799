"""The form of a case: what stands in `case.yaml`, checked when it is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import yaml

from signed_lambda.errors import CATALOGUE

FOLDER: Final = Path(__file__).parent
LEVELS: Final = ("U0", "U1", "U2", "U3", "U4", "done")
"""What a run may have written at most, see README.md."""
EVENTS: Final = ("push", "pull_request", "fork", "pull_request_target", "workflow_run", "schedule")
Named = tuple[str, Any]
"""An act or a maker of files by its name, with its argument; None when it takes none."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One bad input and what must come of it.

    Attributes:
        folder: Its name is the case's.
        why: The rule, and what the row of the list has become where we have no such input.
        row: Of the list of a hundred bad inputs; 0 for a case of our own.
        command: Of the action.
        inputs: Over the good ones; None leaves one out.
        environment: Over the job's.
        event: What started the workflow.
        files: In the workspace, by path.
        make: Files that YAML cannot hold, see `makers`.
        given: What was done before, see `acts`; in order.
        meanwhile: What is done just before a call of the run: operation, which one, act.
        faults: Of AWS.
        github: Faults of GitHub.
        exit: The exit code.
        ids: Of the problems that are told, in order.
        outcome: The output `outcome`.
        level: One of `LEVELS`.
    """

    folder: Path
    why: str
    level: str
    exit: int
    row: int = 0
    command: str = "deploy"
    inputs: dict[str, str | None] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    event: str = "push"
    files: dict[str, str | bytes] = field(default_factory=dict)
    make: tuple[Named, ...] = ()
    given: tuple[Named, ...] = ()
    meanwhile: tuple[tuple[str, int, Named], ...] = ()
    faults: tuple[dict[str, Any], ...] = ()
    github: tuple[dict[str, Any], ...] = ()
    ids: tuple[str, ...] = ()
    outcome: str = "refused"

    def __post_init__(self) -> None:
        assert self.level in LEVELS, self.level
        assert self.event in EVENTS, self.event
        assert set(self.ids) <= set(CATALOGUE), self.ids
        assert (self.exit == 0) == (not self.ids), (self.exit, self.ids)
        assert (self.level == "done") <= (self.exit == 0)
        assert self.why.strip()
        assert self.message.parent.is_dir()

    @cached_property
    def message(self) -> Path:
        """The snapshot of what the user reads."""
        return self.folder / "message.txt"

    @classmethod
    def read(cls, folder: Path) -> Case:
        """The case in a folder."""
        given = yaml.safe_load((folder / "case.yaml").read_text("utf-8"))
        expect = given.pop("expect")
        return cls(
            folder=folder,
            inputs={k: v if v is None else _text(v) for k, v in given.pop("with", {}).items()},
            make=_all_named(given),
            given=_all_named(given, "given"),
            meanwhile=tuple(
                (m["before"], m.get("nth", 1), _named(m["act"])) for m in given.pop("meanwhile", ())
            ),
            faults=tuple(given.pop("faults", ())),
            github=tuple(given.pop("github", ())),
            ids=tuple(expect.pop("ids", ())),
            **expect,
            **given,
        )


def _all_named(given: dict[str, Any], key: str = "make") -> tuple[Named, ...]:
    return tuple(map(_named, given.pop(key, ())))


def _named(written: Any) -> Named:  # noqa: ANN401 - of YAML
    """`name` or `name: argument`."""
    if isinstance(written, str):
        return written, None
    [(name, argument)] = written.items()
    return name, argument


def _text(written: Any) -> str:  # noqa: ANN401 - of YAML
    """A text, or `[text, times]` for one that is long."""
    if isinstance(written, list):
        text, times = written
        return str(text) * int(times)
    assert isinstance(written, str), f"quote {written!r}"
    return written


CASES: Final = tuple(
    Case.read(path.parent) for path in sorted(FOLDER.glob("*/case.yaml"), key=lambda p: p.parent)
)

"""The runs that the rig knows: what was there before, what is run, and how it must end.

A scenario arranges a world through the action itself and leaves the source as the run shall find
it. Its goal is said in files and versions, so that the judge needs nothing of the product.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from tests.support import canaries
from tests.support.project import MERGED, NUMBER, TOKEN, Project

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.support.action import Team

Kind = Literal["deploy", "move", "read"]
PULL: Final = {
    "pull_request": {
        "number": NUMBER,
        "head": {"ref": "fix", "sha": "e" * 40, "repo": {"full_name": "acme/orders"}},
        "base": {"ref": "main", "sha": "0" * 40, "repo": {"full_name": "acme/orders"}},
    }
}
IN_THE_JOB: Final = {
    name: canary.value
    for name, canary in canaries.IN_THE_JOB.items()
    if name != "INPUT_GITHUB-TOKEN"  # that one is given as an input, where a scenario speaks
}
IN_THE_FUNCTION: Final = {n: c.value for n, c in canaries.IN_THE_FUNCTION.items()}
IN_A_FILE: Final = canaries.IN_FILES["function/settings.py"].value
CANARIES: Final = (*IN_THE_JOB.values(), *IN_THE_FUNCTION.values(), IN_A_FILE, TOKEN)
"""Of the job, of the function's environment, of a packed file: never to be shown."""
SPOKEN: Final = {"comment": "update", "github_token": TOKEN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One run.

    Attributes:
        arrange: Makes the world before it.
        command: Of the run, with `inputs`.
        kind: What it may write: "deploy" all, "move" only the alias, "read" nothing.
        outcome: Of an undisturbed run; `exit_code` and `error` likewise.
        own_from: First operation that is its own: the calls of AWS before it are another
            scenario's too, where everything befalls them; "" where all are its own.
        version: Where the alias must be in the end; "" where the source says it.
        event, sha: What started the workflow; the commit.
    """

    name: str
    arrange: Callable[[Project], None]
    command: str
    kind: Kind
    outcome: str
    exit_code: int = 0
    error: str = ""
    own_from: str = ""
    version: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    event: tuple[str, Mapping[str, Any], str] = ("push", {}, "refs/heads/main")
    sha: str = MERGED

    @property
    def speaks(self) -> bool:
        """Whether it talks to GitHub."""
        return self.inputs.get("comment", "off") != "off"

    @property
    def gated(self) -> bool:
        """Whether what GitHub says decides over the run."""
        return self.inputs.get("require_reviewed") == "true"


def _nothing(_project: Project) -> None:
    """The function as it was created: no version, no alias."""


def _released(project: Project) -> None:
    """Version 1 is live; the source is unchanged."""
    project.team.deployed()


def _changed(project: Project) -> None:
    """Version 1 is live; the source has changed."""
    project.team.deployed()
    project.team.change_code()


def _two(project: Project) -> None:
    """Version 2 is live, and 1 was before."""
    _changed(project)
    project.team.deployed()


def _four(project: Project) -> None:
    """Versions 1 to 4; 4 is live, 3 was before, `old` leads to 1; the source has changed."""
    for text in ("one", "two", "three", "four"):
        project.team.change_code(text)
        project.team.deployed()
        if text == "one":
            project.team.deployed(command="promote", alias="old", from_alias="live")
    project.team.change_code("five")


def _staged(project: Project) -> None:
    """Version 2 behind `staging`, version 1 behind `live`."""
    _changed(project)
    project.team.deployed(alias="staging")


def _tried_elsewhere(project: Project) -> None:
    """Version 1 behind `live`; the changed source runs behind `staging` of another function."""
    _changed(project)
    project.team.another_function("orders-dev")
    project.team.deployed(function_name="orders-dev", alias="staging")


def _failing(project: Project) -> None:
    """As `_changed`, and the new version will answer with an error."""
    _changed(project)
    team: Team = project.team
    (team.workspace / "smoke.json").write_text("{}", encoding="utf-8")
    team.sandbox.acts.fail_invocations(team.estate.function, "no table", version="2")


def _proposed(project: Project) -> None:
    """As `_changed`, in a pull request."""
    _changed(project)


def _merged(project: Project) -> None:
    """As `_proposed`, planned and merged."""
    _changed(project)
    planned = project.plan(require_reviewed="true")
    assert planned.exit_code == 0, planned.log
    project.merge()


_ALL: Final = (
    Scenario(
        name="first",
        arrange=_nothing,
        command="deploy",
        kind="deploy",
        outcome="deployed",
        own_from="PutObject",
    ),
    Scenario(name="update", arrange=_changed, command="deploy", kind="deploy", outcome="deployed"),
    Scenario(
        name="remove",
        arrange=_four,
        command="deploy",
        kind="deploy",
        outcome="deployed",
        own_from="ListProvisionedConcurrencyConfigs",
        inputs={"keep_versions": "2"},
    ),
    Scenario(name="no-op", arrange=_released, command="deploy", kind="deploy", outcome="unchanged"),
    Scenario(
        name="rollback",
        arrange=_two,
        command="rollback",
        kind="move",
        outcome="rolled-back",
        version="1",
        inputs={"to": "1"},
    ),
    Scenario(
        name="rollback-previous",
        arrange=_two,
        command="rollback",
        kind="move",
        outcome="rolled-back",
        version="1",
        own_from="UpdateAlias",
        inputs={"to": "previous"},
    ),
    Scenario(
        name="promote",
        arrange=_staged,
        command="promote",
        kind="move",
        outcome="promoted",
        version="2",
        inputs={"from_alias": "staging"},
    ),
    Scenario(
        name="promote-elsewhere",
        arrange=_tried_elsewhere,
        command="promote",
        kind="deploy",
        outcome="promoted",
        inputs={
            "from_function": "orders-dev",
            "from_alias": "staging",
            "bucket": "acme-artifacts",
        },
    ),
    Scenario(
        name="plan",
        arrange=_proposed,
        command="plan",
        kind="read",
        outcome="planned",
        version="1",
        inputs=SPOKEN,
        event=("pull_request", PULL, f"refs/pull/{NUMBER}/merge"),
    ),
    Scenario(
        name="verify",
        arrange=_two,
        command="verify",
        kind="read",
        outcome="verified",
        version="2",
    ),
    Scenario(
        name="history",
        arrange=_two,
        command="history",
        kind="read",
        outcome="listed",
        version="2",
    ),
    Scenario(
        name="smoke",
        arrange=_failing,
        command="deploy",
        kind="deploy",
        outcome="refused",
        exit_code=25,
        error="E-SMOKE-01",
        own_from="PublishVersion",
        version="1",
        inputs={"smoke_event": "smoke.json"},
    ),
    Scenario(
        name="comment",
        arrange=_merged,
        command="deploy",
        kind="deploy",
        outcome="deployed",
        own_from="CreateAlias",
        inputs={**SPOKEN, "require_reviewed": "true"},
    ),
)
SCENARIOS: Final = {scenario.name: scenario for scenario in _ALL}

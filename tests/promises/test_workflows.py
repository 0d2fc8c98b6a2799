"""What the workflows that we ship promise: few rights, no injection, docs that show them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from signed_lambda.report import story
from tests.promises.modules import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EXAMPLES: Final = sorted((ROOT / "examples").rglob("*.yml"))
REUSABLE: Final = sorted((ROOT / ".github" / "workflows").glob("reusable-*.yml"))
OURS: Final = "owner/signed-lambda-deploy"
ACTION: Final[dict[str, Any]] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
EVERY = pytest.mark.parametrize(
    "path", EXAMPLES + REUSABLE, ids=lambda path: str(path.relative_to(ROOT))
)
OWN_INPUTS: Final = {"artifact", "run-id", "environment", "role-to-assume"}
"""Inputs of the reusable workflows that are not passed on to the action under their name."""


def _parsed(path: Path) -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load(path.read_text("utf-8"))
    return found


def _triggers(workflow: dict[Any, Any]) -> dict[str, Any]:
    return dict(workflow[True])  # YAML 1.1 reads the key `on` as true


def _steps(workflow: dict[Any, Any]) -> Iterator[dict[str, Any]]:
    for job in workflow["jobs"].values():
        yield from job.get("steps", [])


def test_each_purpose_has_an_example_and_a_reusable_form() -> None:
    plain = {path.name for path in EXAMPLES if path.parent.name == "examples"}
    called = {path.name for path in EXAMPLES if path.parent.name == "with-reusable"}

    assert (
        plain
        == called
        == {p + ".yml" for p in ("plan", "plan-fork", "deploy", "rollback")} | {"verify.yml"}
    )
    assert {p.name for p in REUSABLE} == {
        f"reusable-{name}.yml" for name in ("plan", "deploy", "rollback", "verify")
    }


@EVERY
def test_a_workflow_has_no_rights_but_those_each_job_names_with_its_reason(path: Path) -> None:
    workflow = _parsed(path)
    grant = re.compile(r"^      [a-z-]+: (?:read|write)\b(.*)$", re.MULTILINE)
    reasons = grant.findall(path.read_text("utf-8"))

    assert workflow["permissions"] == {}
    assert all("permissions" in job for job in workflow["jobs"].values())
    assert len(reasons) == sum(len(job["permissions"]) for job in workflow["jobs"].values())
    assert [reason for reason in reasons if not re.match(" # (to|for) ", reason)] == []


@EVERY
def test_a_workflow_is_bounded_in_time_and_never_runs_twice_at_once(path: Path) -> None:
    workflow = _parsed(path)
    writes = path.stem.removeprefix("reusable-") in ("deploy", "rollback")

    assert all("timeout-minutes" in job or "uses" in job for job in workflow["jobs"].values())
    assert workflow["concurrency"]["cancel-in-progress"] is not writes


@EVERY
def test_no_script_holds_an_expression_and_no_checkout_keeps_its_token(path: Path) -> None:
    steps = list(_steps(_parsed(path)))
    checkouts = [s for s in steps if s.get("uses", "").startswith("actions/checkout@")]

    assert [s["run"] for s in steps if "${{" in s.get("run", "")] == []
    assert [s for s in checkouts if s["with"] != {"persist-credentials": False}] == []


@EVERY
def test_our_action_is_given_inputs_that_it_has(path: Path) -> None:
    uses = [s for s in _steps(_parsed(path)) if s.get("uses", "").startswith(OURS)]
    calls = [j for j in _parsed(path)["jobs"].values() if j.get("uses", "").startswith(OURS)]

    assert uses or calls
    assert [s for s in uses if not s["with"].keys() <= ACTION["inputs"].keys()] == []
    for call in calls:
        name = call["uses"].split("@")[0].rpartition("/")[2]
        called = _parsed(ROOT / ".github" / "workflows" / name)
        inputs = _triggers(called)["workflow_call"]["inputs"]
        needed = {name for name, one in inputs.items() if one.get("required")}
        assert needed <= call["with"].keys() <= inputs.keys()


@EVERY
def test_whoever_copies_a_workflow_is_told_to_pin_our_action(path: Path) -> None:
    lines = [line for line in path.read_text("utf-8").splitlines() if f"uses: {OURS}" in line]

    assert lines
    assert [line for line in lines if not line.endswith("@v1 # pin it by its SHA")] == []


@pytest.mark.parametrize("path", REUSABLE, ids=lambda path: path.name)
def test_a_reusable_workflow_describes_and_passes_on_what_it_takes(path: Path) -> None:
    workflow = _parsed(path)
    call = _triggers(workflow)["workflow_call"]
    (job,) = workflow["jobs"].values()
    passed = next(s["with"] for s in job["steps"] if s.get("uses", "").startswith(OURS))

    assert all({"description", "type"} <= one.keys() for one in call["inputs"].values())
    assert call["inputs"].keys() - OWN_INPUTS <= passed.keys()
    assert [n for n in call["inputs"] if f"inputs.{n} " not in path.read_text("utf-8")] == []
    assert call["outputs"].keys() == job["outputs"].keys() <= ACTION["outputs"].keys()


def test_one_action_is_pinned_to_one_commit_and_the_comment_says_which_version() -> None:
    workflows = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    texts = [path.read_text("utf-8") for path in EXAMPLES + workflows]
    pins = {
        (name, commit, version)
        for text in texts
        for name, commit, version in re.findall(r"uses: (\S+)@([0-9a-f]{40})(.*)", text)
    }

    assert len({name for name, _, _ in pins}) == len(pins) == 9
    assert [pin for pin in pins if not re.fullmatch(r" # v\d+\.\d+\.\d+", pin[2])] == []


@pytest.mark.parametrize("folder", ["examples", "examples/with-reusable"])
def test_the_second_stage_for_forks_runs_nothing_and_checks_nothing_out(folder: str) -> None:
    second = _parsed(ROOT / folder / "plan-fork.yml")
    first = _parsed(ROOT / folder / "plan.yml")
    trigger = _triggers(second)["workflow_run"]

    assert trigger["workflows"] == [first["name"]]
    assert [step for step in _steps(second) if "run" in step or "checkout" in str(step)] == []
    assert all("head_repository" in job["if"] for job in second["jobs"].values())


@pytest.mark.parametrize("folder", ["examples", "examples/with-reusable"])
def test_the_undo_line_finds_its_workflow_and_its_inputs(folder: str) -> None:
    rollback = _parsed(ROOT / folder / story.ROLLBACK_WORKFLOW)
    inputs = _triggers(rollback)["workflow_dispatch"]["inputs"]

    assert list(inputs) == ["function-name", "alias", "to", "reason"]
    for name in ("alias", "to"):
        assert inputs[name]["default"] == ACTION["inputs"][name]["default"]


def test_the_stand_ins_under_act_take_what_the_workflows_give() -> None:
    stand_ins = ROOT / "tests" / "act" / "actions"
    given = [s for path in EXAMPLES + REUSABLE for s in _steps(_parsed(path)) if "uses" in s]
    known = {f.name: _parsed(f / "action.yml")["inputs"].keys() for f in stand_ins.iterdir()}
    used = {(s["uses"].split("@")[0].rpartition("/")[2], name) for s in given for name in s["with"]}

    assert {name for name, _ in used} == known.keys() | {"checkout", "signed-lambda-deploy"}
    assert [(a, name) for a, name in used if a in known and name not in known[a]] == []


def test_the_readme_shows_the_deploy_example_as_it_is() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    shown = re.findall(r"^```yaml\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    example = (ROOT / "examples" / "deploy.yml").read_text("utf-8")

    assert shown == [re.sub(r"\A(#.*\n)+", "", example)]


def test_the_docs_tell_of_each_workflow() -> None:
    text = (ROOT / "docs" / "workflows.md").read_text("utf-8")

    for path in EXAMPLES + REUSABLE:
        assert f"(../{path.relative_to(ROOT)})" in text

"""action.yml says what the program does: names, defaults, descriptions, both ways."""

from __future__ import annotations

import re
from typing import Any, Final, get_args

import pytest
import yaml

from signed_lambda.errors import DeployError
from signed_lambda.inputs import COMMANDS, OUTPUTS, SPECS, CommandName, Inputs, read
from signed_lambda.report.model import Outcome
from tests.promises.modules import ROOT, Module
from tools import gen_docs

ACTION: Final[dict[str, Any]] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
INTERFACE: Final = {
    "command": "deploy",
    "function-name": "",
    "alias": "live",
    "source": "",
    "include": "",
    "exclude": "",
    "allow-secret-files": "false",
    "compression": "default",
    "expected-sha256": "",
    "bucket": "",
    "prefix": "signed-lambda",
    "bucket-owner": "",
    "signing-profile": "",
    "signing-profile-owner": "",
    "require-code-signing": "enforce",
    "allow-unsigned": "false",
    "smoke-event": "",
    "hash-alias": "true",
    "keep-versions": "",
    "to": "previous",
    "from-alias": "",
    "from-function": "",
    "from-role": "",
    "reason": "",
    "allow-older": "false",
    "fail-on": "high",
    "fail-on-unseen": "false",
    "template": "",
    "sarif-files": "",
    "comment": "update",
    "open-issue": "false",
    "lock-latest": "report",
    "github-token": "${{ github.token }}",
    "pr-number": "",
    "require-reviewed": "false",
    "require-attestation": "",
    "attestation-workflow": "",
    "attestation-roots": "",
    "allowed-account-ids": "",
    "aws-region": "",
    "aws-endpoint-url": "",
    "https-proxy": "",
    "signer-root": "",
    "timeout-minutes": "15",
    "parallel-jobs": "${{ strategy.max-parallel }}",
}
"""Workflows rest on it: an input may be added; none is renamed, none gets another default."""
INTERFACE_OUTPUTS: Final = (
    *("outcome", "changed", "function-name", "version", "previous-version", "build-sha256"),
    *(
        "code-sha256",
        "config-sha256",
        "hash-alias",
        "signing-job-id",
        "version-arn",
        "findings",
        "releases",
    ),
    *("comment-url", "report", "sarif", "provenance", "predicate", "subjects"),
)


def test_the_inputs_are_those_that_workflows_rest_on() -> None:
    assert {n: i.get("default", "") for n, i in ACTION["inputs"].items()} == INTERFACE


def test_the_outputs_are_those_that_workflows_rest_on() -> None:
    assert tuple(ACTION["outputs"]) == INTERFACE_OUTPUTS


def test_action_yml_and_the_program_have_the_same_inputs() -> None:
    program = {spec.name: spec.expression or spec.default for spec in SPECS}

    assert {n: i.get("default", "") for n, i in ACTION["inputs"].items()} == program


def test_action_yml_and_the_program_describe_inputs_alike() -> None:
    program = {spec.name: gen_docs.description(spec) for spec in SPECS}

    assert {name: one["description"] for name, one in ACTION["inputs"].items()} == program


def test_action_yml_and_the_program_describe_outputs_alike() -> None:
    assert {name: one["description"] for name, one in ACTION["outputs"].items()} == OUTPUTS


def test_defaults_are_text_as_the_runner_passes_it() -> None:
    defaults = [one["default"] for one in ACTION["inputs"].values() if "default" in one]

    assert all(isinstance(default, str) and default for default in defaults)


def test_descriptions_hold_no_expression_that_the_runner_would_try_to_read() -> None:
    texts = [one["description"] for part in ("inputs", "outputs") for one in ACTION[part].values()]

    assert [text for text in texts if "${{" in text] == []


def test_the_image_is_run_without_arguments() -> None:
    assert ACTION["runs"] == {"using": "docker", "image": "Dockerfile"}
    assert (ROOT / "Dockerfile").is_file()


def test_the_marketplace_can_show_it() -> None:
    assert set(ACTION["branding"]) == {"icon", "color"}
    assert len(ACTION["description"]) < 200


def test_the_runners_defaults_and_no_variables_at_all_give_the_same_inputs() -> None:
    needs = {"INPUT_COMMAND": "verify", "INPUT_FUNCTION-NAME": "fn", "AWS_REGION": "us-east-1"}
    runner = {
        f"INPUT_{name.upper()}": "" if one.get("default", "").startswith("$") else one["default"]
        for name, one in ACTION["inputs"].items()
        if "default" in one
    }

    assert read({**runner, **needs}) == read(needs)


def test_each_command_is_told_in_the_input_command() -> None:
    text = ACTION["inputs"]["command"]["description"]

    assert re.findall(r"`([a-z]+)`:", text) == list(COMMANDS)
    assert tuple(COMMANDS) == get_args(CommandName)


def test_each_command_is_bound_to_a_function() -> None:
    main = pytest.importorskip("signed_lambda.main")

    assert set(main.COMMANDS) == set(COMMANDS)


def test_commands_that_write_nothing_say_so() -> None:
    assert {c.name for c in COMMANDS.values() if not c.writes} == {
        c.name for c in COMMANDS.values() if c.writes_what == "nothing"
    }


def test_each_outcome_of_a_report_is_told_in_the_output() -> None:
    told = set(re.findall(r"`([a-z-]+)`", ACTION["outputs"]["outcome"]["description"]))

    assert told == set(get_args(Outcome))
    assert {cls.outcome for cls in DeployError.__subclasses__()} <= told


def test_the_report_gives_exactly_these_outputs() -> None:
    text = (ROOT / "src" / "signed_lambda" / "report" / "outputs.py").read_text("utf-8")

    keys = re.findall(r'^        "([a-z0-9-]+)":', text, re.MULTILINE)

    assert tuple(keys) == INTERFACE_OUTPUTS


def test_every_input_is_used_by_the_program() -> None:
    code = [
        path.read_text("utf-8")
        for path in (ROOT / "src" / "signed_lambda").rglob("*.py")
        if "inputs" not in path.parts
    ]
    used = {name for text in code for name, _ in Module("x", text).dotted}

    unused = {
        field
        for field in Inputs.__dataclass_fields__
        if not any(name.endswith(f"inputs.{field}") for name in used)
    }

    assert unused == set()

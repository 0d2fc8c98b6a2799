"""Every value that an input refuses, with the whole message that the user reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from signed_lambda.errors import InputError
from signed_lambda.inputs import SPECS, read

CASES: Final[list[dict[str, Any]]] = yaml.safe_load(
    (Path(__file__).parent.parent / "data" / "bad_inputs.yaml").read_text("utf-8")
)
GOOD: Final = {
    "AWS_REGION": "eu-central-1",
    "INPUT_FUNCTION-NAME": "fn",
    "INPUT_SOURCE": "dist",
    "INPUT_BUCKET": "artefacts",
    "INPUT_SIGNING-PROFILE": "release",
}
ATTESTED: Final = {
    "INPUT_REQUIRE-ATTESTATION": "acme/orders",
    "INPUT_ATTESTATION-ROOTS": "trusted-root.jsonl",
}
GOOD_ROLLBACK: Final = {
    "AWS_REGION": "eu-central-1",
    "INPUT_COMMAND": "rollback",
    "INPUT_FUNCTION-NAME": "fn",
}
GOOD_PROMOTION: Final = {
    "AWS_REGION": "eu-central-1",
    "INPUT_COMMAND": "promote",
    "INPUT_FUNCTION-NAME": "fn",
    "INPUT_FROM-ALIAS": "staging",
    "INPUT_FROM-FUNCTION": "fn-staging",
    "INPUT_BUCKET": "artefacts",
}
GOOD_FOR: Final = {
    "to": GOOD_ROLLBACK,
    "from-function": GOOD_PROMOTION,
    "from-role": GOOD_PROMOTION,
}
HARMLESS: Final = {"exclude", "include", "template"}
"""Their values are patterns and paths: refused only for characters and length."""


def _environment(case: dict[str, Any]) -> dict[str, str]:
    good = GOOD_FOR.get(case["input"], GOOD)
    if "attestation" in case["input"]:
        good = good | ATTESTED
    return {**good, f"INPUT_{case['input'].upper()}": case["value"] * case.get("times", 1)}


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['input']}={c['value'][:20]!a}")
def test_a_bad_value_is_told_alone_with_what_to_do(case: dict[str, Any]) -> None:
    environment = _environment(case)

    with pytest.raises(InputError) as caught:
        read(environment)

    assert [str(problem) for problem in caught.value.problems] == [case["says"]]


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['input']}={c['value'][:20]!a}")
def test_a_message_is_one_short_line_that_a_log_can_hold(case: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        read(_environment(case))

    text = str(caught.value)
    assert text.isprintable()
    assert len(text.encode()) < 500


def test_the_sets_that_the_bad_values_spoil_are_good() -> None:
    assert read(GOOD).command.name == "deploy"
    assert read(GOOD_ROLLBACK).command.name == "rollback"
    assert read(GOOD_PROMOTION).command.name == "promote"


def test_every_input_has_bad_values() -> None:
    tried = {case["input"] for case in CASES}
    switches = {spec.name for spec in SPECS if spec.default in ("true", "false")}
    paths = {"smoke-event", "signer-root", "attestation-roots"}  # the same parser as source
    # The first has alias' parser and is refused in test_inputs_rules; the second is of no use to
    # deploy.
    other = {"from-alias", "lock-latest"}

    missing = {spec.name for spec in SPECS} - tried - switches - paths - other

    assert missing == set()

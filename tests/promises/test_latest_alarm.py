"""The alarm for calls of `$LATEST`: its rule takes the event of such a call, and of no other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

TEMPLATE = Path(__file__).parents[2] / "docs" / "latest-alarm.cloudformation.yaml"
ARN = "arn:aws:lambda:eu-west-1:111122223333:function:orders"
NAMES = {
    "${AWS::Partition}": "aws",
    "${AWS::Region}": "eu-west-1",
    "${AWS::AccountId}": "111122223333",
    "${FunctionName}": "orders",
}


class Loader(yaml.SafeLoader):
    """Takes CloudFormation's short functions for what stands behind them."""


Loader.add_multi_constructor(
    "!",
    lambda loader, _, node: (
        loader.construct_scalar(node)
        if isinstance(node, yaml.ScalarNode)
        else loader.construct_sequence(node, deep=True)
    ),
)


def filled(value: Any) -> Any:  # noqa: ANN401 - of a template
    """With somebody's names in it."""
    if isinstance(value, dict):
        return {name: filled(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner) for inner in value]
    for name, text in NAMES.items():
        value = value.replace(name, text) if isinstance(value, str) else value
    return value


def matches(pattern: dict[str, Any], event: dict[str, Any]) -> bool:
    """EventBridge's rule for exact values: every member is one of those that are named."""
    return all(
        matches(wanted, event.get(name, {}))
        if isinstance(wanted, dict)
        else event.get(name) in wanted
        for name, wanted in pattern.items()
    )


def invoked(version: str, **members: object) -> dict[str, Any]:
    """CloudTrail's event of an invocation, as EventBridge brings it."""
    return {
        "source": "aws.lambda",
        "detail-type": "AWS API Call via CloudTrail",
        "detail": {
            "eventSource": "lambda.amazonaws.com",
            "eventName": "Invoke",
            "requestParameters": None,
            "additionalEventData": {"functionVersion": version},
            **members,
        },
    }


@pytest.mark.parametrize(
    ("event", "taken"),
    [
        (invoked(f"{ARN}:$LATEST"), True),
        (invoked(f"{ARN}:23"), False),
        (invoked(f"{ARN}-2:$LATEST"), False),
        (invoked(f"{ARN}:$LATEST", eventName="GetFunction20150331v2"), False),
    ],
)
def test_the_rule_takes_calls_of_latest_of_this_function_alone(
    event: dict[str, Any], *, taken: bool
) -> None:
    template = yaml.load(TEMPLATE.read_text("utf-8"), Loader)

    pattern = filled(template["Resources"]["Rule"]["Properties"]["EventPattern"])

    assert matches(pattern, event) is taken

"""Aliases: names, targets, weights, compare-and-swap, deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.sandbox.rig import STALE, refused

if TYPE_CHECKING:
    from tests.unit.sandbox.rig import Rig

HASH_ALIAS = "HASH-" + "a" * 64


@pytest.fixture
def two(rig: Rig) -> Rig:
    """A function with versions 1 and 2."""
    rig.function()
    rig.lambda_.publish_version(FunctionName="orders")
    rig.sandbox.acts.console_edit_configuration("orders", timeout=9)
    rig.lambda_.publish_version(FunctionName="orders")
    return rig


def test_hash_alias_is_a_legal_name(two: Rig) -> None:
    created = two.lambda_.create_alias(FunctionName="orders", Name=HASH_ALIAS, FunctionVersion="1")

    found = two.lambda_.get_alias(FunctionName="orders", Name=HASH_ALIAS)
    assert created["AliasArn"].endswith(f":orders:{HASH_ALIAS}")
    assert (found["FunctionVersion"], found["Description"]) == ("1", "")
    assert "RoutingConfig" not in found


@pytest.mark.parametrize("name", ["123", "$HASH-1", "a/b", "a" * 129])
def test_illegal_name_is_400_validation_exception(two: Rig, name: str) -> None:
    with refused("ValidationException", 400, "at 'name' failed to satisfy constraint"):
        two.lambda_.create_alias(FunctionName="orders", Name=name, FunctionVersion="1")

    assert two.lambda_.list_aliases(FunctionName="orders")["Aliases"] == []


def test_duplicate_is_409_and_leaves_the_alias(two: Rig) -> None:
    two.lambda_.create_alias(FunctionName="orders", Name="live", FunctionVersion="1")

    with refused("ResourceConflictException", 409, "Alias already exists: arn:aws:lambda:"):
        two.lambda_.create_alias(FunctionName="orders", Name="live", FunctionVersion="2")

    assert two.lambda_.get_alias(FunctionName="orders", Name="live")["FunctionVersion"] == "1"


def test_unknown_version_is_404_on_creation_and_move(two: Rig) -> None:
    two.lambda_.create_alias(FunctionName="orders", Name="live", FunctionVersion="1")

    with refused("ResourceNotFoundException", 404, ":function:orders:99"):
        two.lambda_.create_alias(FunctionName="orders", Name="other", FunctionVersion="99")
    with refused("ResourceNotFoundException", 404, ":function:orders:99"):
        two.lambda_.update_alias(FunctionName="orders", Name="live", FunctionVersion="99")

    assert two.lambda_.get_alias(FunctionName="orders", Name="live")["FunctionVersion"] == "1"


def test_move_with_the_current_revision_gives_a_new_one(two: Rig) -> None:
    made = two.lambda_.create_alias(FunctionName="orders", Name="live", FunctionVersion="1")

    moved = two.lambda_.update_alias(
        FunctionName="orders", Name="live", FunctionVersion="2", RevisionId=made["RevisionId"]
    )

    assert moved["FunctionVersion"] == "2"
    assert moved["RevisionId"] != made["RevisionId"]


def test_move_with_a_stale_revision_is_412_and_leaves_the_alias(two: Rig) -> None:
    made = two.lambda_.create_alias(FunctionName="orders", Name="live", FunctionVersion="1")

    with refused("PreconditionFailedException", 412):
        two.lambda_.update_alias(
            FunctionName="orders", Name="live", FunctionVersion="2", RevisionId=STALE
        )

    found = two.lambda_.get_alias(FunctionName="orders", Name="live")
    assert (found["FunctionVersion"], found["RevisionId"]) == ("1", made["RevisionId"])


def test_members_that_are_not_sent_stay_and_an_empty_routing_clears(two: Rig) -> None:
    weights = {"AdditionalVersionWeights": {"2": 0.25}}
    two.lambda_.create_alias(
        FunctionName="orders",
        Name="live",
        FunctionVersion="1",
        Description="now",
        RoutingConfig=weights,
    )

    kept = two.lambda_.update_alias(FunctionName="orders", Name="live")
    cleared = two.lambda_.update_alias(FunctionName="orders", Name="live", RoutingConfig={})

    assert (kept["RoutingConfig"], kept["Description"]) == (weights, "now")
    assert "RoutingConfig" not in cleared


@pytest.mark.parametrize(
    ("version", "weights", "code", "text"),
    [
        ("1", {"2": 0.1, "3": 0.1}, "InvalidParameterValueException", "greater than 1"),
        ("1", {"2": 2.0}, "ValidationException", "'{2=2.0}' at 'routingConfig.additionalVersionWe"),
        ("1", {"$LATEST": 0.5}, "ValidationException", "Map keys must satisfy constraint"),
        ("1", {"1": 0.5}, "InvalidParameterValueException", "already included in routing"),
        ("$LATEST", {"1": 0.5}, "InvalidParameterValueException", "$LATEST is not supported"),
    ],
)
def test_illegal_weights_are_400(
    two: Rig, version: str, weights: dict[str, float], code: str, text: str
) -> None:
    with refused(code, 400, text):
        two.lambda_.create_alias(
            FunctionName="orders",
            Name="live",
            FunctionVersion=version,
            RoutingConfig={"AdditionalVersionWeights": weights},
        )

    assert two.lambda_.list_aliases(FunctionName="orders")["Aliases"] == []


def test_alias_of_latest_is_allowed_without_weights(two: Rig) -> None:
    made = two.lambda_.create_alias(FunctionName="orders", Name="dev", FunctionVersion="$LATEST")

    assert made["FunctionVersion"] == "$LATEST"


def test_missing_alias_is_404_with_a_text_of_its_own_for_each_call(two: Rig) -> None:
    with refused("ResourceNotFoundException", 404, "Cannot find alias arn: arn:"):
        two.lambda_.get_alias(FunctionName="orders", Name="nobody")
    with refused("ResourceNotFoundException", 404, "Alias not found: arn:"):
        two.lambda_.update_alias(FunctionName="orders", Name="nobody", FunctionVersion="1")


def test_deleting_a_missing_alias_is_204(two: Rig) -> None:
    deleted = two.lambda_.delete_alias(FunctionName="orders", Name="nobody")

    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 204


def test_aliases_are_listed_by_main_version(two: Rig) -> None:
    for name, version in (("b", "1"), ("a", "1"), ("c", "2")):
        two.lambda_.create_alias(FunctionName="orders", Name=name, FunctionVersion=version)

    every = two.lambda_.list_aliases(FunctionName="orders")["Aliases"]
    first = two.lambda_.list_aliases(FunctionName="orders", FunctionVersion="1")["Aliases"]

    assert [alias["Name"] for alias in every] == ["a", "b", "c"]
    assert [alias["Name"] for alias in first] == ["a", "b"]


def test_function_through_an_alias_ends_in_the_alias_and_tells_the_number(two: Rig) -> None:
    two.lambda_.create_alias(FunctionName="orders", Name="live", FunctionVersion="2")

    found = two.lambda_.get_function_configuration(FunctionName="orders", Qualifier="live")

    assert found["FunctionArn"].endswith(":function:orders:live")
    assert (found["Version"], found["Timeout"]) == ("2", 9)


def test_alias_of_a_missing_function_is_404_with_the_version_asked_for(rig: Rig) -> None:
    with refused("ResourceNotFoundException", 404, ":function:nobody:1"):
        rig.lambda_.create_alias(FunctionName="nobody", Name="live", FunctionVersion="1")

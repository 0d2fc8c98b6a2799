"""Rows on aliases: names, conditions, weights, errors."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from tests.contract.row import Area, Source, further, refused, row

if TYPE_CHECKING:
    from tests.contract.clients import Clients

ALIAS = Area.ALIAS
LS, MODEL = Source.LOCALSTACK, Source.MODEL

STALE = "00000000-0000-4000-8000-000000000000"


def _live(aws: Clients) -> str:
    """A function with version 1 and the alias `live` on it."""
    name = aws.function()
    aws.publish(name)
    aws.lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    return name


@row(ALIAS, LS)
def alias_create_get(aws: Clients) -> None:
    """An alias answers its ARN, version, description and a RevisionId."""
    name = aws.function()
    arn = aws.publish(name)["FunctionArn"].removesuffix(":1")

    made = aws.lambda_.create_alias(
        FunctionName=name, Name="live", FunctionVersion="1", Description="run 1"
    )

    got = aws.lambda_.get_alias(FunctionName=name, Name="live")
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (got["AliasArn"], got["Name"], got["FunctionVersion"], got["Description"]) == (
        f"{arn}:live",
        "live",
        "1",
        "run 1",
    )
    assert made["RevisionId"] == got["RevisionId"]


@row(ALIAS, MODEL)
def alias_of_hash(aws: Clients) -> None:
    """HASH- and 64 hex digits is a legal name."""
    name = aws.function()
    aws.publish(name)
    alias = f"HASH-{hashlib.sha256(name.encode()).hexdigest()}"

    aws.lambda_.create_alias(FunctionName=name, Name=alias, FunctionVersion="1")

    got = aws.lambda_.get_function_configuration(FunctionName=name, Qualifier=alias)
    assert got["Version"] == "1"


@row(ALIAS, LS)
def alias_weights(aws: Clients) -> None:
    """An alias can send a part of the calls to one more version."""
    name = aws.two_versions()
    weights = {"AdditionalVersionWeights": {"2": 0.1}}

    aws.lambda_.create_alias(
        FunctionName=name, Name="live", FunctionVersion="1", RoutingConfig=weights
    )

    assert aws.lambda_.get_alias(FunctionName=name, Name="live")["RoutingConfig"] == weights


@row(ALIAS, LS)
def alias_weights_cleared(aws: Clients) -> None:
    """UpdateAlias with an empty RoutingConfig takes the weights away; without one they stay."""
    name = aws.two_versions()
    aws.lambda_.create_alias(
        FunctionName=name,
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}},
    )

    described = aws.lambda_.update_alias(FunctionName=name, Name="live", Description="same")
    aws.lambda_.update_alias(FunctionName=name, Name="live", RoutingConfig={})

    got: dict[str, Any] = dict(aws.lambda_.get_alias(FunctionName=name, Name="live"))
    assert described["RoutingConfig"] == {"AdditionalVersionWeights": {"2": 0.1}}
    assert not got.get("RoutingConfig", {}).get("AdditionalVersionWeights")


@row(ALIAS, LS, MODEL)
def alias_of_digits(aws: Clients) -> None:
    """A name of digits only is 400 ValidationException."""
    name = aws.function()
    aws.publish(name)

    with refused("ValidationException", 400):
        aws.lambda_.create_alias(FunctionName=name, Name="123", FunctionVersion="1")


@row(ALIAS, MODEL)
def alias_with_dollar(aws: Clients) -> None:
    """A name that begins with $, as $HASH-..., is 400 ValidationException."""
    name = aws.function()
    aws.publish(name)

    with refused("ValidationException", 400):
        aws.lambda_.create_alias(FunctionName=name, Name=f"$HASH-{'0' * 64}", FunctionVersion="1")


@row(ALIAS, LS)
def alias_duplicate(aws: Clients) -> None:
    """CreateAlias with a name that exists is 409, and the alias stays where it is."""
    name = aws.two_versions()
    aws.lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion="1")

    with refused("ResourceConflictException", 409):
        aws.lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion="2")

    assert aws.lambda_.get_alias(FunctionName=name, Name="live")["FunctionVersion"] == "1"


@row(ALIAS, LS)
def alias_create_unknown_version(aws: Clients) -> None:
    """CreateAlias on a version that does not exist is 404 with the qualified ARN in the text."""
    name = aws.function()
    arn = aws.settled(name)["FunctionArn"]

    with refused("ResourceNotFoundException", 404, f"Function not found: {arn}:99"):
        aws.lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion="99")


@row(ALIAS, LS)
def alias_update_unknown_version(aws: Clients) -> None:
    """UpdateAlias to a version that does not exist is 404, and the alias stays where it is."""
    name = _live(aws)

    with refused("ResourceNotFoundException", 404, "Function not found:", f"{name}:99"):
        aws.lambda_.update_alias(FunctionName=name, Name="live", FunctionVersion="99")

    assert aws.lambda_.get_alias(FunctionName=name, Name="live")["FunctionVersion"] == "1"


@row(ALIAS, LS)
def alias_stale_revision(aws: Clients) -> None:
    """UpdateAlias with a wrong RevisionId is 412, and the alias stays where it is."""
    name = aws.two_versions()
    aws.lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion="1")

    with refused("PreconditionFailedException", 412):
        aws.lambda_.update_alias(
            FunctionName=name, Name="live", FunctionVersion="2", RevisionId=STALE
        )

    assert aws.lambda_.get_alias(FunctionName=name, Name="live")["FunctionVersion"] == "1"


@row(ALIAS, LS)
def alias_new_revision(aws: Clients) -> None:
    """UpdateAlias with the current RevisionId moves the alias and answers a new RevisionId."""
    name = aws.two_versions()
    made = aws.lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion="1")

    moved = aws.lambda_.update_alias(
        FunctionName=name, Name="live", FunctionVersion="2", RevisionId=made["RevisionId"]
    )

    got = aws.lambda_.get_alias(FunctionName=name, Name="live")
    assert moved["RevisionId"] != made["RevisionId"]
    assert (got["FunctionVersion"], got["RevisionId"]) == ("2", moved["RevisionId"])


@row(ALIAS, LS)
def alias_two_weights(aws: Clients) -> None:
    """An alias with two more versions is 400."""
    name = aws.two_versions()
    aws.update(name)
    aws.publish(name)

    with refused("InvalidParameterValueException", 400):
        aws.lambda_.create_alias(
            FunctionName=name,
            Name="live",
            FunctionVersion="1",
            RoutingConfig={"AdditionalVersionWeights": {"2": 0.1, "3": 0.1}},
        )


@row(ALIAS, LS)
def alias_weighted_latest(aws: Clients) -> None:
    """$LATEST cannot be among the weighted versions: 400."""
    name = aws.function()
    aws.publish(name)

    with refused("InvalidParameterValueException", 400):
        aws.lambda_.create_alias(
            FunctionName=name,
            Name="live",
            FunctionVersion="1",
            RoutingConfig={"AdditionalVersionWeights": {"$LATEST": 0.1}},
        )


@row(ALIAS, LS)
def alias_delete_missing(aws: Clients) -> None:
    """DeleteAlias of an alias that does not exist is 204."""
    deleted = aws.lambda_.delete_alias(FunctionName=aws.function(), Name="none")

    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 204


@row(ALIAS, LS)
def aliases_by_version(aws: Clients) -> None:
    """ListAliases with FunctionVersion names the aliases of that version only."""
    name = aws.two_versions()
    for alias, version in (("one", "1"), ("two", "2"), ("zwei", "2")):
        aws.lambda_.create_alias(FunctionName=name, Name=alias, FunctionVersion=version)

    listed = aws.lambda_.list_aliases(FunctionName=name, FunctionVersion="2")["Aliases"]

    assert sorted(a["Name"] for a in listed) == ["two", "zwei"]


@further(ALIAS, LS)
def alias_duplicate_text(aws: Clients) -> None:
    """The refusal of a second alias of the same name tells the first one's ARN."""
    name = _live(aws)
    arn = aws.lambda_.get_alias(FunctionName=name, Name="live")["AliasArn"]

    with refused("ResourceConflictException", 409, f"Alias already exists: {arn}"):
        aws.lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion="1")


@further(ALIAS, LS)
def alias_stale_revision_text(aws: Clients) -> None:
    """The refusal of a stale RevisionId says that "The Revision Id provided does not match"."""
    name = _live(aws)

    with refused("PreconditionFailedException", 412, "The Revision Id provided does not match"):
        aws.lambda_.update_alias(FunctionName=name, Name="live", RevisionId=STALE)


@further(ALIAS, LS)
def alias_update_missing(aws: Clients) -> None:
    """UpdateAlias of an alias that does not exist is 404 "Alias not found"."""
    name = aws.function()
    aws.publish(name)

    with refused("ResourceNotFoundException", 404, "Alias not found"):
        aws.lambda_.update_alias(FunctionName=name, Name="none", FunctionVersion="1")


@further(ALIAS, LS)
def alias_get_missing(aws: Clients) -> None:
    """GetAlias of an alias that does not exist is 404 "Cannot find alias arn"."""
    with refused("ResourceNotFoundException", 404, "Cannot find alias arn"):
        aws.lambda_.get_alias(FunctionName=aws.function(), Name="none")


@further(ALIAS, LS)
def alias_weight_too_big(aws: Clients) -> None:
    """A weight beyond 1 is 400 ValidationException."""
    name = aws.two_versions()

    with refused("ValidationException", 400):
        aws.lambda_.create_alias(
            FunctionName=name,
            Name="live",
            FunctionVersion="1",
            RoutingConfig={"AdditionalVersionWeights": {"2": 1.5}},
        )


@further(ALIAS, LS)
def alias_latest(aws: Clients) -> None:
    """An alias may point at $LATEST."""
    name = aws.function()

    aws.lambda_.create_alias(FunctionName=name, Name="dev", FunctionVersion="$LATEST")

    assert aws.lambda_.get_alias(FunctionName=name, Name="dev")["FunctionVersion"] == "$LATEST"


@further(ALIAS, LS)
def alias_latest_with_weights(aws: Clients) -> None:
    """An alias at $LATEST cannot have weights: 400."""
    name = aws.function()
    aws.publish(name)

    with refused("InvalidParameterValueException", 400):
        aws.lambda_.create_alias(
            FunctionName=name,
            Name="dev",
            FunctionVersion="$LATEST",
            RoutingConfig={"AdditionalVersionWeights": {"1": 0.1}},
        )


@further(ALIAS, MODEL)
def alias_of_base64(aws: Clients) -> None:
    """Base64 is no legal name: + / = are 400 ValidationException."""
    name = aws.function()
    aws.publish(name)

    with refused("ValidationException", 400):
        aws.lambda_.create_alias(FunctionName=name, Name="a+b/c=", FunctionVersion="1")


@further(ALIAS, LS)
def alias_qualifier(aws: Clients) -> None:
    """A configuration read through an alias has the alias in its ARN and the number as Version."""
    name = _live(aws)

    got = aws.lambda_.get_function_configuration(FunctionName=name, Qualifier="live")

    assert got["Version"] == "1"
    assert got["FunctionArn"].endswith(f":function:{name}:live")


@further(ALIAS, LS)
def alias_qualifier_missing(aws: Clients) -> None:
    """A function read through an alias that does not exist is 404 with the qualified ARN."""
    name = aws.function()
    arn = aws.settled(name)["FunctionArn"]

    with refused("ResourceNotFoundException", 404, f"Function not found: {arn}:none"):
        aws.lambda_.get_function(FunctionName=name, Qualifier="none")


@further(ALIAS, LS)
def alias_deleted(aws: Clients) -> None:
    """A deleted alias is gone, and its name is free again."""
    name = _live(aws)

    aws.lambda_.delete_alias(FunctionName=name, Name="live")

    assert aws.lambda_.list_aliases(FunctionName=name)["Aliases"] == []
    aws.lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion="1")


@further(ALIAS, MODEL)
def aliases_paginated(aws: Clients) -> None:
    """ListAliases pages by MaxItems and Marker."""
    name = _live(aws)
    aws.lambda_.create_alias(FunctionName=name, Name="test", FunctionVersion="1")

    first = aws.lambda_.list_aliases(FunctionName=name, MaxItems=1)
    rest = aws.lambda_.list_aliases(FunctionName=name, MaxItems=1, Marker=first["NextMarker"])

    assert sorted(a["Name"] for a in [*first["Aliases"], *rest["Aliases"]]) == ["live", "test"]
    assert not rest.get("NextMarker")

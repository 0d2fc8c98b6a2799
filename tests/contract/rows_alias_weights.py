"""Rows on aliases that send a part of the calls to one more version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.contract.row import Area, Source, further, refused, row

if TYPE_CHECKING:
    from tests.contract.clients import Clients

ALIAS = Area.ALIAS
LS = Source.LOCALSTACK


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


@row(ALIAS, LS)
def alias_two_weights(aws: Clients) -> None:
    """An alias with two more versions is 400 InvalidParameterValueException."""
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
    """$LATEST cannot be among the weighted versions: 400 ValidationException."""
    name = aws.function()
    aws.publish(name)

    with refused("ValidationException", 400):
        aws.lambda_.create_alias(
            FunctionName=name,
            Name="live",
            FunctionVersion="1",
            RoutingConfig={"AdditionalVersionWeights": {"$LATEST": 0.1}},
        )


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


@further(ALIAS, LS)
def alias_weights_texts(aws: Clients) -> None:
    """Refused weights are told: too many, the alias' own version, one that does not exist."""
    name = aws.two_versions()
    arn = aws.settled(name)["FunctionArn"]

    def weighted(weights: dict[str, float]) -> None:
        aws.lambda_.create_alias(
            FunctionName=name,
            Name="live",
            FunctionVersion="1",
            RoutingConfig={"AdditionalVersionWeights": weights},
        )

    too_many = "Number of items in AdditionalVersionWeights cannot be greater than 1"
    with refused("InvalidParameterValueException", 400, too_many):
        weighted({"2": 0.1, "3": 0.1})
    own = "Function version 1 is already included in routing configuration"
    with refused("InvalidParameterValueException", 400, own):
        weighted({"1": 0.1})
    with refused("ResourceNotFoundException", 404, f"Function not found: {arn}:99"):
        weighted({"99": 0.1})

"""Rows on aliases: names, conditions, weights, errors."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tests.contract.row import Area, Source, further, refused, row

if TYPE_CHECKING:
    from tests.contract.clients import Clients

ALIAS = Area.ALIAS
LS, MODEL = Source.LOCALSTACK, Source.MODEL

STALE = "00000000-0000-4000-8000-000000000000"


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
    name, _ = aws.function_with_alias()

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
    name, _ = aws.function_with_alias()
    arn = aws.lambda_.get_alias(FunctionName=name, Name="live")["AliasArn"]

    with refused("ResourceConflictException", 409, f"Alias already exists: {arn}"):
        aws.lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion="1")


@further(ALIAS, LS)
def alias_stale_revision_text(aws: Clients) -> None:
    """The refusal of a stale RevisionId says that "The Revision Id provided does not match"."""
    name, _ = aws.function_with_alias()

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
def alias_latest(aws: Clients) -> None:
    """An alias may point at $LATEST."""
    name = aws.function()

    aws.lambda_.create_alias(FunctionName=name, Name="dev", FunctionVersion="$LATEST")

    assert aws.lambda_.get_alias(FunctionName=name, Name="dev")["FunctionVersion"] == "$LATEST"


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
    name, _ = aws.function_with_alias()

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
    name, _ = aws.function_with_alias()

    aws.lambda_.delete_alias(FunctionName=name, Name="live")

    assert aws.lambda_.list_aliases(FunctionName=name)["Aliases"] == []
    aws.lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion="1")


@further(ALIAS, MODEL)
def aliases_paginated(aws: Clients) -> None:
    """ListAliases pages by MaxItems and Marker."""
    name, _ = aws.function_with_alias()
    aws.lambda_.create_alias(FunctionName=name, Name="test", FunctionVersion="1")

    first = aws.lambda_.list_aliases(FunctionName=name, MaxItems=1)
    rest = aws.lambda_.list_aliases(FunctionName=name, MaxItems=1, Marker=first["NextMarker"])

    assert sorted(a["Name"] for a in [*first["Aliases"], *rest["Aliases"]]) == ["live", "test"]
    assert not rest.get("NextMarker")


@further(ALIAS, LS)
def alias_keeps_latest_revision(aws: Clients) -> None:
    """Creating and moving an alias leaves the RevisionIds of $LATEST and of the versions."""
    name = aws.two_versions()

    def revisions() -> list[str]:
        listed = aws.lambda_.list_versions_by_function(FunctionName=name)
        return [v["RevisionId"] for v in listed["Versions"]]

    before = revisions()
    aws.lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    aws.lambda_.update_alias(FunctionName=name, Name="live", FunctionVersion="2")

    assert len(set(before)) == 3
    assert revisions() == before

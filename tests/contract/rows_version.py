"""Rows on published versions: what PublishVersion checks, and what a version keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.contract.material import sha256_b64, some_code
from tests.contract.row import Area, Source, further, refused, row

if TYPE_CHECKING:
    from tests.contract.clients import Clients

VERSION = Area.VERSION
DOCS, LS, MODEL, SD = Source.DOCS, Source.LOCALSTACK, Source.MODEL, Source.STACKD

STALE = "00000000-0000-4000-8000-000000000000"


@row(VERSION, LS)
def publish_wrong_hash(aws: Clients) -> None:
    """PublishVersion with a CodeSha256 that $LATEST does not have is 400 and publishes nothing."""
    code = some_code()
    name, wrong = aws.function(code), sha256_b64(b"other")
    text = (
        f"CodeSHA256 ({wrong}) is different from current CodeSHA256 in $LATEST"
        f" ({sha256_b64(code)}). Please try again with the CodeSHA256 in $LATEST."
    )

    with refused("InvalidParameterValueException", 400, text):
        aws.publish(name, CodeSha256=wrong)

    assert aws.versions(name) == ["$LATEST"]


@row(VERSION, LS)
def publish_stale_revision(aws: Clients) -> None:
    """PublishVersion with a wrong RevisionId is 412 and publishes nothing."""
    name = aws.function()

    with refused("PreconditionFailedException", 412):
        aws.publish(name, RevisionId=STALE)

    assert aws.versions(name) == ["$LATEST"]


@row(VERSION, DOCS)
def version_immutable(aws: Clients) -> None:
    """A version keeps code and configuration when $LATEST goes on."""
    code = some_code()
    name = aws.function(code)
    aws.publish(name, Description="first")
    aws.update(name)
    aws.lambda_.update_function_configuration(FunctionName=name, Timeout=9)
    aws.settled(name)

    got = aws.lambda_.get_function_configuration(FunctionName=name, Qualifier="1")

    assert (got["CodeSha256"], got["Timeout"]) == (sha256_b64(code), 3)
    assert (got["Version"], got["Description"]) == ("1", "first")
    assert got["FunctionArn"].endswith(f":function:{name}:1")


@row(VERSION, LS)
def publish_unchanged(aws: Clients) -> None:
    """PublishVersion without a change since the last one is 201 with the same version."""
    name = aws.function()
    first = aws.publish(name)

    again = aws.publish(name)

    assert (first["Version"], again["Version"]) == ("1", "1")
    assert again["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert aws.versions(name) == ["$LATEST", "1"]


@row(VERSION, DOCS)
def update_and_publish(aws: Clients) -> None:
    """UpdateFunctionCode with Publish=True answers the new version."""
    name, code = aws.function(), some_code()
    aws.publish(name)

    answer = aws.lambda_.update_function_code(FunctionName=name, ZipFile=code, Publish=True)

    aws.settled(name)
    assert answer["Version"] == "2"
    assert aws.stored_sha(name, "2") == sha256_b64(code)


@row(VERSION, LS, SD)
def publish_changes_latest_revision(aws: Clients) -> None:
    """PublishVersion changes the RevisionId of $LATEST."""
    name = aws.function()
    before = aws.settled(name)

    aws.publish(name, CodeSha256=before["CodeSha256"], RevisionId=before["RevisionId"])

    assert aws.settled(name)["RevisionId"] != before["RevisionId"]
    with refused("PreconditionFailedException", 412):
        aws.publish(name, RevisionId=before["RevisionId"])


@row(VERSION, LS)
def versions_paginated(aws: Clients) -> None:
    """ListVersionsByFunction pages by MaxItems and Marker, $LATEST first."""
    name = aws.two_versions()

    first = aws.lambda_.list_versions_by_function(FunctionName=name, MaxItems=2)
    rest = aws.lambda_.list_versions_by_function(
        FunctionName=name, MaxItems=2, Marker=first["NextMarker"]
    )

    assert [v["Version"] for v in first["Versions"]] == ["$LATEST", "1"]
    assert [v["Version"] for v in rest["Versions"]] == ["2"]
    assert not rest.get("NextMarker")


@row(VERSION, DOCS)
def version_in_use(aws: Clients) -> None:
    """A version that an alias names cannot be deleted: 409 ResourceConflictException."""
    name = aws.function()
    aws.publish(name)
    aws.lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion="1")

    with refused("ResourceConflictException", 409):
        aws.lambda_.delete_function(FunctionName=name, Qualifier="1")

    assert aws.versions(name) == ["$LATEST", "1"]


@row(VERSION, DOCS)
def version_number_not_reused(aws: Clients) -> None:
    """The number of a deleted version is not given again."""
    name = aws.two_versions()
    aws.lambda_.delete_function(FunctionName=name, Qualifier="2")
    aws.update(name)

    assert aws.publish(name)["Version"] == "3"
    assert aws.versions(name) == ["$LATEST", "1", "3"]


@row(VERSION, LS)
def version_unknown(aws: Clients) -> None:
    """A version that does not exist is 404 with the qualified ARN in the text."""
    name = aws.function()
    arn = aws.settled(name)["FunctionArn"]

    with refused("ResourceNotFoundException", 404, f"Function not found: {arn}:99"):
        aws.lambda_.get_function(FunctionName=name, Qualifier="99")


@further(VERSION, LS)
def publish_stale_revision_text(aws: Clients) -> None:
    """The refusal of a stale RevisionId says that "The Revision Id provided does not match"."""
    name = aws.function()

    with refused("PreconditionFailedException", 412, "The Revision Id provided does not match"):
        aws.publish(name, RevisionId=STALE)


@further(VERSION, LS)
def publish_with_hash(aws: Clients) -> None:
    """PublishVersion with $LATEST's CodeSha256 and RevisionId answers a version of these bytes."""
    code = some_code()
    name = aws.function(code)
    latest = aws.settled(name)

    published = aws.publish(
        name, CodeSha256=latest["CodeSha256"], RevisionId=latest["RevisionId"], Description="why"
    )

    assert (published["CodeSha256"], published["Version"]) == (sha256_b64(code), "1")
    assert published["Description"] == "why"
    assert published["RevisionId"] != latest["RevisionId"]


@further(VERSION, LS)
def publish_update_revision(aws: Clients) -> None:
    """The RevisionId that UpdateFunctionCode answered is of no use to PublishVersion."""
    name = aws.function()
    answer = aws.lambda_.update_function_code(FunctionName=name, ZipFile=some_code())
    aws.settled(name)

    with refused("PreconditionFailedException", 412):
        aws.publish(name, RevisionId=answer["RevisionId"])

    assert aws.versions(name) == ["$LATEST"]


@further(VERSION, LS, MODEL)
def versions_without_state(aws: Clients) -> None:
    """The entries of ListVersionsByFunction carry hashes but no State and no LastUpdateStatus."""
    name = aws.two_versions()

    listed: list[Any] = aws.lambda_.list_versions_by_function(FunctionName=name)["Versions"]

    assert len({v["CodeSha256"] for v in listed}) == 2
    assert [v["Version"] for v in listed if "State" in v or "LastUpdateStatus" in v] == []


@further(VERSION, LS)
def publish_after_configuration(aws: Clients) -> None:
    """A changed configuration with the same code is a new version with the same CodeSha256."""
    name = aws.function()
    first = aws.publish(name)
    aws.lambda_.update_function_configuration(FunctionName=name, Timeout=9)
    aws.settled(name)

    second = aws.publish(name)

    assert (first["Version"], second["Version"]) == ("1", "2")
    assert second["CodeSha256"] == first["CodeSha256"]


@further(VERSION, DOCS)
def versions_start_again(aws: Clients) -> None:
    """A function that was deleted and created again counts its versions from 1."""
    name = aws.two_versions()
    aws.lambda_.delete_function(FunctionName=name)

    aws.function(FunctionName=name)

    assert aws.publish(name)["Version"] == "1"


@further(VERSION, LS)
def publish_active_at_once(aws: Clients) -> None:
    """A new version is Active and Successful in PublishVersion's answer already."""
    published = aws.publish(aws.function())

    assert (published["State"], published["LastUpdateStatus"]) == ("Active", "Successful")


@further(VERSION, LS)
def latest_not_deleted(aws: Clients) -> None:
    """$LATEST cannot be deleted by its qualifier: 400."""
    name = aws.function()

    with refused(
        "InvalidParameterValueException",
        400,
        "$LATEST version cannot be deleted without deleting the function.",
    ):
        aws.lambda_.delete_function(FunctionName=name, Qualifier="$LATEST")

    assert aws.versions(name) == ["$LATEST"]


@further(VERSION, LS)
def version_keeps_revision(aws: Clients) -> None:
    """A version's RevisionId stays when $LATEST goes on."""
    name = aws.function()
    published = aws.publish(name)["RevisionId"]

    aws.update(name)

    got = aws.lambda_.get_function_configuration(FunctionName=name, Qualifier="1")
    assert got["RevisionId"] == published

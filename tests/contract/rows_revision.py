"""Rows on updates in progress, and on the RevisionId: what changes it, what it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.contract.material import sha256_b64, some_code
from tests.contract.row import Area, Source, further, refused, row

if TYPE_CHECKING:
    from tests.contract.clients import Clients

CODE = Area.CODE
DOCS, LS, SD = Source.DOCS, Source.LOCALSTACK, Source.STACKD

STALE = "00000000-0000-4000-8000-000000000000"
STALE_TEXT = "The Revision Id provided does not match"


@row(CODE, LS, SD)
def update_in_progress(aws: Clients) -> None:
    """An update answers LastUpdateStatus InProgress while State stays Active."""
    name = aws.function()

    answer = aws.lambda_.update_function_code(FunctionName=name, ZipFile=some_code())

    assert (answer["State"], answer["LastUpdateStatus"]) == ("Active", "InProgress")
    assert answer["LastUpdateStatusReasonCode"] == "Creating"
    assert aws.settled(name)["LastUpdateStatus"] == "Successful"


@row(CODE, LS)
def update_while_in_progress(aws: Clients) -> None:
    """A second update during the first is 409 ResourceConflictException, and is not applied."""
    name, code = aws.function(), some_code()
    arn = aws.lambda_.update_function_code(FunctionName=name, ZipFile=code)["FunctionArn"]

    with refused(
        "ResourceConflictException",
        409,
        f"An update is in progress for resource: {arn}",
    ):
        aws.lambda_.update_function_code(FunctionName=name, ZipFile=some_code())

    assert aws.settled(name)["CodeSha256"] == sha256_b64(code)


@row(CODE, LS)
def revision_id(aws: Clients) -> None:
    """A function has a RevisionId that an update takes as its condition and replaces."""
    name = aws.function()
    before = aws.settled(name)["RevisionId"]

    answer = aws.lambda_.update_function_code(
        FunctionName=name, ZipFile=some_code(), RevisionId=before
    )

    assert answer["RevisionId"] != before


@row(CODE, LS)
def revision_stale(aws: Clients) -> None:
    """UpdateFunctionCode with a RevisionId of before is 412, and the code stays."""
    name, code = aws.function(), some_code()
    before = aws.settled(name)["RevisionId"]
    aws.update(name, code)

    with refused("PreconditionFailedException", 412):
        aws.lambda_.update_function_code(FunctionName=name, ZipFile=some_code(), RevisionId=before)

    assert aws.stored_sha(name) == sha256_b64(code)


@row(CODE, LS, SD)
def revision_rotates_when_settled(aws: Clients) -> None:
    """The RevisionId that an update answers is stale once the update has settled."""
    name = aws.function()

    answer = aws.lambda_.update_function_code(FunctionName=name, ZipFile=some_code())

    settled = aws.settled(name)
    assert answer["RevisionId"] != settled["RevisionId"]
    with refused("PreconditionFailedException", 412):
        aws.lambda_.update_function_code(
            FunctionName=name, ZipFile=some_code(), RevisionId=answer["RevisionId"]
        )


@further(CODE, LS)
def revision_stale_text(aws: Clients) -> None:
    """The refusal of a stale RevisionId says that "The Revision Id provided does not match"."""
    name = aws.function()

    with refused("PreconditionFailedException", 412, STALE_TEXT):
        aws.lambda_.update_function_code(FunctionName=name, ZipFile=some_code(), RevisionId=STALE)
    with refused("PreconditionFailedException", 412, STALE_TEXT):
        aws.lambda_.update_function_configuration(FunctionName=name, Timeout=7, RevisionId=STALE)


@further(CODE, LS)
def configuration_while_in_progress(aws: Clients) -> None:
    """A configuration update during a code update is 409 ResourceConflictException."""
    name = aws.function()
    aws.lambda_.update_function_code(FunctionName=name, ZipFile=some_code())

    with refused("ResourceConflictException", 409, "An update is in progress for resource"):
        aws.lambda_.update_function_configuration(FunctionName=name, Timeout=7)


@further(CODE, LS)
def configuration_revision_stale(aws: Clients) -> None:
    """UpdateFunctionConfiguration with a wrong RevisionId is 412, and nothing changes."""
    name = aws.function()

    with refused("PreconditionFailedException", 412):
        aws.lambda_.update_function_configuration(FunctionName=name, Timeout=7, RevisionId=STALE)

    assert aws.settled(name)["Timeout"] == 3


@further(CODE, LS)
def configuration_changes_revision(aws: Clients) -> None:
    """A configuration update changes the RevisionId and leaves the code."""
    code = some_code()
    name = aws.function(code)
    before = aws.settled(name)["RevisionId"]

    aws.lambda_.update_function_configuration(FunctionName=name, Timeout=7)

    after = aws.settled(name)
    assert after["RevisionId"] != before
    assert (after["Timeout"], after["CodeSha256"]) == (7, sha256_b64(code))


@further(CODE, LS)
def redundant_update(aws: Clients) -> None:
    """An update with the same code still changes the RevisionId."""
    code = some_code()
    name = aws.function(code)
    before = aws.settled(name)["RevisionId"]

    after = aws.update(name, code)

    assert after["CodeSha256"] == sha256_b64(code)
    assert after["RevisionId"] != before


@further(CODE, DOCS)
def dry_run_keeps_revision(aws: Clients) -> None:
    """A dry run leaves RevisionId and LastModified as they are."""
    name = aws.function()
    before = aws.settled(name)

    aws.lambda_.update_function_code(FunctionName=name, ZipFile=some_code(), DryRun=True)

    after = aws.settled(name)
    assert after["RevisionId"] == before["RevisionId"]
    assert after["LastModified"] == before["LastModified"]


@further(CODE, LS)
def tag_changes_revision(aws: Clients) -> None:
    """Tagging a function changes the RevisionId of $LATEST, not its code."""
    name = aws.function()
    before = aws.settled(name)

    aws.lambda_.tag_resource(Resource=before["FunctionArn"], Tags={"team": "a"})

    after = aws.settled(name)
    assert after["RevisionId"] != before["RevisionId"]
    assert after["CodeSha256"] == before["CodeSha256"]


@further(CODE, LS)
def permission_changes_revision(aws: Clients) -> None:
    """A permission on the function changes its RevisionId, which is the policy's RevisionId too."""
    name = aws.function()
    before = aws.settled(name)["RevisionId"]

    aws.lambda_.add_permission(
        FunctionName=name,
        StatementId="events",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        RevisionId=before,
    )

    after = aws.settled(name)["RevisionId"]
    assert after != before
    assert aws.lambda_.get_policy(FunctionName=name)["RevisionId"] == after


@further(CODE, LS)
def code_while_configuration_in_progress(aws: Clients) -> None:
    """A code update during a configuration update is 409 ResourceConflictException."""
    name = aws.function()
    aws.lambda_.update_function_configuration(FunctionName=name, Timeout=7)

    with refused("ResourceConflictException", 409, "An update is in progress for resource"):
        aws.lambda_.update_function_code(FunctionName=name, ZipFile=some_code())

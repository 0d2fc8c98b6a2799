"""Rows on a function's resource policies: per qualifier, guarded by a RevisionId."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.contract.material import policy_document
from tests.contract.row import Area, Source, further, refused, row

if TYPE_CHECKING:
    from tests.contract.clients import Clients

OTHER = Area.OTHER
LS, MODEL, SD = Source.LOCALSTACK, Source.MODEL, Source.STACKD
STALE = "00000000-0000-4000-8000-000000000000"


@row(OTHER, LS)
def policy_per_qualifier(aws: Clients) -> None:
    """A permission on an alias stands in the alias' policy, and not in the function's."""
    name, arn = aws.function_with_alias()
    aws.lambda_.add_permission(
        FunctionName=name,
        Qualifier="live",
        StatementId="events",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
    )

    policy = json.loads(aws.lambda_.get_policy(FunctionName=name, Qualifier="live")["Policy"])

    (statement,) = policy["Statement"]
    assert (statement["Sid"], statement["Resource"]) == ("events", f"{arn}:live")
    with refused("ResourceNotFoundException", 404):
        aws.lambda_.get_policy(FunctionName=name)


@row(OTHER, MODEL, SD)
def resource_policy(aws: Clients) -> None:
    """PutResourcePolicy takes a Deny on the unqualified ARN, and answers it with a RevisionId."""
    _, arn = aws.function_with_alias()
    document = policy_document("lambda:InvokeFunction", arn, "Deny", Principal="*", Sid="latest")

    put = aws.lambda_.put_resource_policy(ResourceArn=arn, Policy=document)

    got = aws.lambda_.get_resource_policy(ResourceArn=arn)
    (statement,) = json.loads(got["Policy"])["Statement"]
    assert (statement["Effect"], statement["Resource"]) == ("Deny", arn)
    assert got["RevisionId"] == put["RevisionId"]
    with refused("PreconditionFailedException", 412):
        aws.lambda_.put_resource_policy(ResourceArn=arn, Policy=document, RevisionId=STALE)


@further(OTHER, LS)
def policy_none(aws: Clients) -> None:
    """GetPolicy of a function without a policy is 404 ResourceNotFoundException."""
    with refused("ResourceNotFoundException", 404):
        aws.lambda_.get_policy(FunctionName=aws.function())


@further(OTHER, LS)
def policy_on_latest(aws: Clients) -> None:
    """AddPermission on $LATEST is 400 InvalidParameterValueException."""
    name = aws.function()
    text = "We currently do not support adding policies for $LATEST."

    with refused("InvalidParameterValueException", 400, text):
        aws.lambda_.add_permission(
            FunctionName=name,
            Qualifier="$LATEST",
            StatementId="events",
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
        )


@further(OTHER, MODEL)
def resource_policy_replaces(aws: Clients) -> None:
    """PutResourcePolicy replaces the whole policy, triggers included."""
    name, arn = aws.function_with_alias()
    aws.lambda_.add_permission(
        FunctionName=name,
        StatementId="events",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
    )
    document = policy_document("lambda:InvokeFunction", arn, "Deny", Principal="*", Sid="latest")

    aws.lambda_.put_resource_policy(ResourceArn=arn, Policy=document)

    policy = json.loads(aws.lambda_.get_policy(FunctionName=name)["Policy"])
    assert [s["Sid"] for s in policy["Statement"]] == ["latest"]


@further(OTHER, LS)
def permission_twice(aws: Clients) -> None:
    """AddPermission with a StatementId that is there is 409 ResourceConflictException."""
    name = aws.function()
    permission = {
        "FunctionName": name,
        "StatementId": "events",
        "Action": "lambda:InvokeFunction",
        "Principal": "events.amazonaws.com",
    }
    aws.lambda_.add_permission(**permission)

    with refused("ResourceConflictException", 409, "The statement id (events) provided already"):
        aws.lambda_.add_permission(**permission)


@further(OTHER, LS)
def permission_stale_revision(aws: Clients) -> None:
    """AddPermission with a wrong RevisionId is 412, and the policy stays as it is."""
    name = aws.function()

    with refused("PreconditionFailedException", 412, "The Revision Id provided does not match"):
        aws.lambda_.add_permission(
            FunctionName=name,
            StatementId="events",
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            RevisionId=STALE,
        )

    with refused("ResourceNotFoundException", 404, "The resource you requested does not exist."):
        aws.lambda_.get_policy(FunctionName=name)


@further(OTHER, MODEL, SD)
def resource_policy_deny_is_told(aws: Clients) -> None:
    """GetPolicy tells what PutResourcePolicy put, a Deny too."""
    name, arn = aws.function_with_alias()
    document = policy_document("lambda:InvokeFunction", arn, "Deny", Principal="*", Sid="latest")
    aws.lambda_.put_resource_policy(ResourceArn=arn, Policy=document)

    policy = json.loads(aws.lambda_.get_policy(FunctionName=name)["Policy"])

    (statement,) = policy["Statement"]
    assert (statement["Sid"], statement["Effect"]) == ("latest", "Deny")

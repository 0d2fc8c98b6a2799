"""Resource policies: statements per qualifier, whole documents, revisions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.sandbox.rig import ACCOUNT, STALE, refused

if TYPE_CHECKING:
    from tests.unit.sandbox.rig import Rig

ARN = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:orders"
INVOKE = "lambda:InvokeFunction"


@pytest.fixture
def live(rig: Rig) -> Rig:
    """A function with version 1 and the alias live."""
    rig.function()
    rig.lambda_.publish_version(FunctionName="orders")
    rig.lambda_.create_alias(FunctionName="orders", Name="live", FunctionVersion="1")
    return rig


def add(rig: Rig, sid: str = "s3", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - AddPermission's parameters
    """Adds a statement for S3; the statement."""
    parameters: dict[str, Any] = {"Principal": "s3.amazonaws.com", **more}
    answer = rig.lambda_.add_permission(
        FunctionName="orders", StatementId=sid, Action=INVOKE, **parameters
    )
    statement: dict[str, Any] = json.loads(answer["Statement"])
    return statement


def policy(rig: Rig, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - GetPolicy's parameters
    """The policy's document."""
    document: dict[str, Any] = json.loads(
        rig.lambda_.get_policy(FunctionName="orders", **more)["Policy"]
    )
    return document


def deny(resource: str) -> str:
    """A document that locks a resource."""
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "lock",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": INVOKE,
                    "Resource": resource,
                }
            ],
        }
    )


def test_statement_tells_principal_resource_and_conditions(live: Rig) -> None:
    statement = add(live, SourceArn="arn:aws:s3:::b", SourceAccount=ACCOUNT)

    assert statement == {
        "Sid": "s3",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": INVOKE,
        "Resource": ARN,
        "Condition": {
            "StringEquals": {"AWS:SourceAccount": ACCOUNT},
            "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::b"},
        },
    }


def test_account_principal_becomes_its_root_and_nonsense_is_400(live: Rig) -> None:
    statement = add(live, Principal="444455556666")

    assert statement["Principal"] == {"AWS": "arn:aws:iam::444455556666:root"}
    with refused("InvalidParameterValueException", 400, "principal was invalid"):
        add(live, "other", Principal="nonsense")


def test_policy_of_an_alias_is_not_part_of_the_unqualified_one(live: Rig) -> None:
    add(live, Qualifier="live")

    with refused("ResourceNotFoundException", 404, "The resource you requested does not exist."):
        live.lambda_.get_policy(FunctionName="orders")
    with refused("ResourceNotFoundException", 404):
        live.lambda_.get_policy(FunctionName="orders", Qualifier="1")
    assert policy(live, Qualifier="live")["Statement"][0]["Resource"] == f"{ARN}:live"


def test_latest_takes_no_policy(live: Rig) -> None:
    with refused("InvalidParameterValueException", 400, "adding policies for $LATEST"):
        add(live, Qualifier="$LATEST")


def test_missing_qualifiers_are_404_each_with_its_text(live: Rig) -> None:
    with refused("ResourceNotFoundException", 404, f"Cannot find alias arn: {ARN}:nobody"):
        add(live, Qualifier="nobody")
    with refused("ResourceNotFoundException", 404, f"Function not found: {ARN}:42"):
        add(live, Qualifier="42")


def test_known_statement_id_is_409(live: Rig) -> None:
    add(live)

    with refused("ResourceConflictException", 409, "The statement id (s3) provided already"):
        add(live)

    assert len(policy(live)["Statement"]) == 1


def test_permission_rotates_the_revision_and_checks_the_given_one(live: Rig) -> None:
    before = live.revision()

    with refused("PreconditionFailedException", 412):
        add(live, RevisionId=STALE)
    add(live, RevisionId=before)

    assert live.revision() != before
    found = live.lambda_.get_policy(FunctionName="orders")
    assert found["RevisionId"] == live.revision()


def test_publishing_rotates_the_functions_revision_but_not_the_policys(live: Rig) -> None:
    add(live)
    before = live.lambda_.get_policy(FunctionName="orders")["RevisionId"]
    live.sandbox.acts.console_edit_configuration("orders", timeout=9)

    live.lambda_.publish_version(FunctionName="orders")

    assert live.lambda_.get_policy(FunctionName="orders")["RevisionId"] == before
    add(live, "other", RevisionId=before)


def test_with_its_last_statement_the_policy_is_gone(live: Rig) -> None:
    add(live)
    add(live, "sns", Principal="sns.amazonaws.com")

    live.lambda_.remove_permission(FunctionName="orders", StatementId="s3")
    with refused("ResourceNotFoundException", 404, "Statement s3 is not found"):
        live.lambda_.remove_permission(FunctionName="orders", StatementId="s3")
    live.lambda_.remove_permission(FunctionName="orders", StatementId="sns")

    with refused("ResourceNotFoundException", 404):
        live.lambda_.get_policy(FunctionName="orders")
    with refused("ResourceNotFoundException", 404, "No policy is associated"):
        live.lambda_.remove_permission(FunctionName="orders", StatementId="sns")


def test_policy_of_a_missing_function_is_404(rig: Rig) -> None:
    with refused("ResourceNotFoundException", 404, "No policy found for: arn:"):
        rig.lambda_.remove_permission(FunctionName="nobody", StatementId="s3")
    with refused("ResourceNotFoundException", 404, "The resource you requested"):
        rig.lambda_.get_policy(FunctionName="nobody")


def test_whole_document_replaces_every_statement(live: Rig) -> None:
    add(live)
    before = live.lambda_.get_resource_policy(ResourceArn=ARN)

    put = live.lambda_.put_resource_policy(
        ResourceArn=ARN, Policy=deny(ARN), RevisionId=before["RevisionId"]
    )

    assert [s["Sid"] for s in json.loads(put["Policy"])["Statement"]] == ["lock"]
    assert policy(live)["Statement"][0]["Effect"] == "Deny"
    assert put["RevisionId"] != before["RevisionId"]


def test_whole_document_with_a_stale_revision_changes_nothing(live: Rig) -> None:
    add(live)

    with refused("PreconditionFailedException", 412):
        live.lambda_.put_resource_policy(ResourceArn=ARN, Policy=deny(ARN), RevisionId=STALE)

    assert [s["Sid"] for s in policy(live)["Statement"]] == ["s3"]


@pytest.mark.parametrize(
    "text", ["no json", "{}", "[]", '{"Statement":[]}', '{"Statement":[{"Effect":"Maybe"}]}']
)
def test_document_that_is_no_policy_is_400(live: Rig, text: str) -> None:
    with refused("InvalidParameterValueException", 400):
        live.lambda_.put_resource_policy(ResourceArn=ARN, Policy=text)


def test_deleted_document_is_gone(live: Rig) -> None:
    live.lambda_.put_resource_policy(ResourceArn=ARN, Policy=deny(ARN))

    live.lambda_.delete_resource_policy(ResourceArn=ARN)

    with refused("ResourceNotFoundException", 404):
        live.lambda_.get_resource_policy(ResourceArn=ARN)
    with refused("ResourceNotFoundException", 404, "No policy is associated"):
        live.lambda_.delete_resource_policy(ResourceArn=ARN)


def test_deny_on_the_unqualified_arn_locks_it_and_leaves_the_alias(live: Rig) -> None:
    live.lambda_.put_resource_policy(ResourceArn=ARN, Policy=deny(ARN))

    with refused("AccessDeniedException", 403, f"on resource: {ARN} with an explicit deny"):
        live.lambda_.invoke(FunctionName="orders")
    through = live.lambda_.invoke(FunctionName="orders", Qualifier="live")

    assert through["ExecutedVersion"] == "1"

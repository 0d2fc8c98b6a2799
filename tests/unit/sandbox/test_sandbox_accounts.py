"""Two sandboxes as two accounts of one partition: roles, keys, revocations; and what is apart."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from lambda_sandbox import Sandbox
from lambda_sandbox.estate import make_estate

DEV, PROD = "111122223333", "444455556666"
ROLE = f"arn:aws:iam::{DEV}:role/read"


@pytest.fixture
def dev() -> Sandbox:
    sandbox = Sandbox(account=DEV)
    make_estate(sandbox.session().client, sleep=sandbox.clock.sleep)
    return sandbox


@pytest.fixture
def prod(dev: Sandbox) -> Sandbox:
    return Sandbox(account=PROD, region="eu-central-1", beside=dev)


def trust(dev: Sandbox, principal: str) -> None:
    """A role of dev that may read functions, for the principal."""
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    allowed = {"Effect": "Allow", "Action": "lambda:GetFunction", "Resource": "*"}
    iam = dev.session().client("iam")
    iam.create_role(RoleName="read", AssumeRolePolicyDocument=document(statement))
    iam.put_role_policy(RoleName="read", PolicyName="p", PolicyDocument=document(allowed))


def document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def assumed(sandbox: Sandbox, as_session: boto3.Session) -> boto3.Session:
    """The role's session, whose requests arrive at the sandbox."""
    keys = as_session.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="run")["Credentials"]
    session = boto3.Session(
        keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region_name="eu-west-1"
    )
    hook: Any = sandbox.before_send
    session.events.register("before-send", hook)
    return session


def user_of(prod: Sandbox, action: str) -> boto3.Session:
    """A user of prod who may do one thing."""
    iam = prod.session().client("iam")
    iam.create_user(UserName="u")
    allowed = {"Effect": "Allow", "Action": action, "Resource": "*"}
    iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=document(allowed))
    key = iam.create_access_key(UserName="u")["AccessKey"]
    session = boto3.Session(
        key["AccessKeyId"], key["SecretAccessKey"], region_name=prod.world.region
    )
    hook: Any = prod.before_send
    session.events.register("before-send", hook)
    return session


def refused(code: str, call: Any, **params: Any) -> None:  # noqa: ANN401 - of boto3
    with pytest.raises(ClientError) as caught:
        call(**params)
    assert caught.value.response["Error"]["Code"] == code


def test_the_keys_of_another_accounts_role_lead_there_and_to_no_more_than_it_may(
    dev: Sandbox, prod: Sandbox
) -> None:
    trust(dev, f"arn:aws:iam::{PROD}:root")

    session = assumed(prod, prod.session())

    client = session.client("lambda")
    found = client.get_function(FunctionName="orders")
    assert found["Configuration"]["FunctionArn"].split(":")[4] == DEV
    assert prod.fetch(found["Code"]["Location"])
    assert session.client("sts").get_caller_identity()["Account"] == DEV
    refused("AccessDeniedException", client.get_alias, FunctionName="orders", Name="live")
    refused(
        "ResourceNotFoundException",
        prod.session().client("lambda").get_function,
        FunctionName="orders",
    )


def test_a_role_that_does_not_trust_the_caller_is_not_given(dev: Sandbox, prod: Sandbox) -> None:
    trust(dev, "arn:aws:iam::999999999999:root")

    sts = prod.session().client("sts")

    refused("AccessDenied", sts.assume_role, RoleArn=ROLE, RoleSessionName="run")
    missing = f"{ROLE}-missing"
    refused("AccessDenied", sts.assume_role, RoleArn=missing, RoleSessionName="run")


def test_the_callers_own_account_must_let_it_assume_the_role(dev: Sandbox, prod: Sandbox) -> None:
    trust(dev, PROD)
    idle = user_of(prod, "s3:ListBucket").client("sts")

    refused("AccessDenied", idle.assume_role, RoleArn=ROLE, RoleSessionName="run")

    prod.session().client("iam").put_user_policy(
        UserName="u",
        PolicyName="p",
        PolicyDocument=document({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": ROLE}),
    )
    assert idle.assume_role(RoleArn=ROLE, RoleSessionName="run")["Credentials"]


def test_what_was_signed_in_one_account_and_region_is_taken_in_another_until_it_is_revoked(
    dev: Sandbox, prod: Sandbox
) -> None:
    estate = make_estate(prod.session().client, sleep=prod.clock.sleep, region="eu-central-1")
    here = dev.session().client("lambda").get_function(FunctionName="orders")
    signed = dev.signer.sign_bytes(dev.fetch(here["Code"]["Location"]), profile="orders_prod")
    profile = dev.session().client("signer").get_signing_profile(profileName="orders_prod")
    client = prod.session().client("lambda")
    client.update_code_signing_config(
        CodeSigningConfigArn=estate.code_signing_config_arn,
        AllowedPublishers={"SigningProfileVersionArns": [profile["profileVersionArn"]]},
    )
    update = {"FunctionName": "orders", "ZipFile": signed, "DryRun": True}

    client.update_function_code(**update)

    job = dev.session().client("signer").list_signing_jobs()["jobs"][0]["jobId"]
    dev.session().client("signer").revoke_signature(jobId=job, reason="leaked")
    refused("CodeVerificationFailedException", client.update_function_code, **update)


def test_all_regions_signatures_end_at_one_root(dev: Sandbox) -> None:
    prod = Sandbox(account=PROD, region="us-east-1", beside=dev)

    assert dev.signer_root_pem == prod.signer_root_pem


def test_sandboxes_that_are_not_beside_each_other_know_nothing_of_each_other(
    dev: Sandbox,
) -> None:
    alone = Sandbox(account=PROD)
    trust(dev, PROD)

    session = assumed(alone, alone.session())

    assert session.client("sts").get_caller_identity()["Account"] == PROD
    refused(
        "ResourceNotFoundException",
        session.client("lambda").get_function,
        FunctionName="orders",
    )


def test_an_account_is_there_once(dev: Sandbox) -> None:
    with pytest.raises(ValueError, match="there already"):
        Sandbox(account=DEV, beside=dev)

"""`setup --apply`: what it makes, what it leaves alone, and that it is the published policies."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from signed_lambda.setup import documents
from tests.support.admin import BUCKET, NAMES

if TYPE_CHECKING:
    from tests.support.admin import Admin

STARTED = ("--profile", "orders_live")


def test_everything_is_made_once(admin: Admin) -> None:
    first = admin.applied()
    made = admin.picture()
    second = admin.applied()

    assert first.writes == [
        "CreateOpenIDConnectProvider",
        *("CreateBucket", "PutPublicAccessBlock", "PutBucketEncryption"),
        *("PutBucketVersioning", "PutBucketPolicy", "PutSigningProfile"),
        *(["CreateRole", "PutRolePolicy"] * 4),
        *("CreateCodeSigningConfig", "PutFunctionCodeSigningConfig"),
    ]
    assert set(first.states().values()) == {"ok"}
    assert (second.writes, admin.picture()) == ([], made)


def test_what_is_made(admin: Admin) -> None:
    admin.applied()

    made: dict[str, Any] = admin.picture()
    bucket = made["buckets"][BUCKET]
    assert (bucket["versioning"], bucket["region"]) == ("Enabled", "eu-west-1")
    assert set(bucket["public"].values()) == {True}
    assert "aws:SecureTransport" in bucket["policy"]
    assert made["profiles"] == [("orders_live", "AWSLambda-SHA384-ECDSA", "Active")]
    assert made["configurations"] == [
        (
            "signed-lambda-deploy: orders",
            {"UntrustedArtifactOnDeployment": "Enforce"},
            True,
            True,
        )
    ]
    assert made["providers"] == [["sts.amazonaws.com"]]
    assert sorted(made["roles"]) == [
        f"{duty}-orders" for duty in ("deploy", "plan", "rollback", "verify")
    ]
    for name, role in made["roles"].items():
        published = json.loads(documents.text(name.removesuffix("-orders")))
        sids = [s["Sid"] for s in role["inline"]["signed-lambda-deploy"]["Statement"]]
        assert sids == [s["Sid"] for s in published["Statement"]]
        assert role["attached"] == []
        assert "${" not in json.dumps(role)
        assert "acme@11/orders@22" in json.dumps(role["trust"])


@pytest.mark.parametrize("in_use", [False, True])
def test_a_bucket_in_use_is_changed_only_when_asked_for(admin: Admin, *, in_use: bool) -> None:
    s3 = admin.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.delete_public_access_block(Bucket=BUCKET)
    s3.delete_bucket_encryption(Bucket=BUCKET)
    theirs = {"Sid": "Theirs", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket"}
    theirs["Resource"] = f"arn:aws:s3:::{BUCKET}"
    s3.put_bucket_policy(
        Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": theirs})
    )
    if in_use:
        s3.put_object(Bucket=BUCKET, Key="theirs", Body=b"x")

    ran = admin.setup("--apply", *NAMES)
    left = ran.states()["bucket versioning"]
    asked = admin.setup("--apply", *NAMES, "--change", "bucket")

    assert (ran.exit_code, left) == ((40, "differs") if in_use else (0, "ok"))
    assert ("PutBucketVersioning" in ran.writes) is not in_use
    assert (asked.exit_code, asked.states()["bucket versioning"]) == (0, "ok")
    policy = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])
    assert policy["Statement"][0] == theirs
    assert [s["Sid"] for s in policy["Statement"]] == ["Theirs", "TlsOnly"]


def attached(admin: Admin, policy: str, publisher: str) -> str:
    """A configuration of somebody else on the function, its ARN."""
    lambda_ = admin.client("lambda")
    arn: str = lambda_.create_code_signing_config(
        AllowedPublishers={"SigningProfileVersionArns": [publisher]},
        CodeSigningPolicies={"UntrustedArtifactOnDeployment": policy},
    )["CodeSigningConfig"]["CodeSigningConfigArn"]
    lambda_.put_function_code_signing_config(FunctionName="orders", CodeSigningConfigArn=arn)
    return arn


@pytest.mark.parametrize("theirs", ["Warn", "Enforce"])
def test_a_configuration_of_others_is_never_changed_silently(admin: Admin, theirs: str) -> None:
    other = admin.client("signer").put_signing_profile(
        profileName="other", platformId="AWSLambda-SHA384-ECDSA"
    )["profileVersionArn"]
    arn = attached(admin, theirs, other)
    lambda_ = admin.client("lambda")

    ran = admin.setup("--apply", *NAMES)
    still = lambda_.get_function_code_signing_config(FunctionName="orders")
    asked = admin.setup("--apply", *NAMES, "--change", "code-signing")

    assert (ran.exit_code, ran.states()["code signing"]) == (40, "differs")
    assert "--apply --change code-signing" in " ".join(ran.out.split())
    assert still["CodeSigningConfigArn"] == arn
    assert (asked.exit_code, asked.states()["code signing"]) == (0, "ok")
    kept = lambda_.get_code_signing_config(CodeSigningConfigArn=arn)["CodeSigningConfig"]
    assert kept["AllowedPublishers"] == {"SigningProfileVersionArns": [other]}
    assert kept["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": theirs}


def test_a_configuration_that_names_the_profile_among_others_is_good(admin: Admin) -> None:
    signer = admin.client("signer")
    ours, other = (
        signer.put_signing_profile(profileName=name, platformId="AWSLambda-SHA384-ECDSA")
        for name in ("orders_live", "other")
    )
    arn = attached(admin, "Enforce", ours["profileVersionArn"])
    both = [ours["profileVersionArn"], other["profileVersionArn"]]
    admin.client("lambda").update_code_signing_config(
        CodeSigningConfigArn=arn, AllowedPublishers={"SigningProfileVersionArns": both}
    )

    ran = admin.applied()

    assert "1 other publisher may deploy, too" in ran.out
    assert "CreateCodeSigningConfig" not in ran.writes


def spoil_trust(admin: Admin) -> None:
    trust = documents.text("trust").replace("environment:${ENVIRONMENT}", "*")
    admin.client("iam").update_assume_role_policy(RoleName="deploy-orders", PolicyDocument=trust)


def spoil_policy(admin: Admin) -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    admin.client("iam").put_role_policy(
        RoleName="deploy-orders",
        PolicyName="signed-lambda-deploy",
        PolicyDocument=policy.replace(
            "[]", '[{"Effect": "Allow", "Action": "iam:*", "Resource": "*"}]'
        ),
    )


@pytest.mark.parametrize("spoil", [spoil_trust, spoil_policy])
def test_a_role_that_was_edited_is_told_and_changed_only_when_asked_for(
    admin: Admin,
    spoil: Any,  # noqa: ANN401 - one of the two above
) -> None:
    admin.applied()
    made = admin.picture()
    spoil(admin)
    spoilt = admin.picture()

    ran = admin.setup("--apply", *NAMES)
    left = admin.picture()
    asked = admin.setup("--apply", *NAMES, "--change", "roles")

    assert (ran.exit_code, left) == (40, spoilt)
    assert "differs" in ran.states().values()
    assert (asked.exit_code, admin.picture()) == (0, made)


def test_what_is_attached_beside_our_policy_is_told_and_never_taken_away(admin: Admin) -> None:
    admin.applied()
    iam = admin.client("iam")
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*"}]}
    everything["Statement"][0]["Resource"] = "*"  # type: ignore[index] # it is a list
    arn = iam.create_policy(PolicyName="root", PolicyDocument=json.dumps(everything))["Policy"]
    iam.attach_role_policy(RoleName="plan-orders", PolicyArn=arn["Arn"])
    iam.put_role_policy(
        RoleName="verify-orders", PolicyName="more", PolicyDocument=json.dumps(everything)
    )

    ran = admin.setup("--apply", *NAMES, "--change", "roles")

    assert (ran.exit_code, ran.writes) == (40, [])
    assert f"more than it needs is attached: {arn['Arn']}" in " ".join(ran.out.split())
    assert "more than it needs is attached: more" in " ".join(ran.out.split())


def test_a_provider_without_the_audience_is_left_to_its_owner(admin: Admin) -> None:
    admin.client("iam").create_open_id_connect_provider(
        Url="https://token.actions.githubusercontent.com", ClientIDList=["https://github.com/acme"]
    )

    ran = admin.setup("--apply", *NAMES)

    assert (ran.exit_code, ran.states()["OIDC provider"]) == (40, "differs")
    assert "add-client-id-to-open-id-connect-provider" in ran.out


def test_a_bucket_of_another_account_is_no_missing_one(admin: Admin) -> None:
    admin.sandbox.faults.add("GetBucketVersioning", "denied", None, "s3")

    ran = admin.setup("--apply", *NAMES)

    assert (ran.exit_code, ran.writes, ran.states()["bucket"]) == (40, [], "unseen")
    assert "S3 answers the same where the bucket is another account's" in " ".join(ran.out.split())

"""Code-signing configurations, and deployments under Enforce and Warn, through the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.sandbox.rig import refused, sha256, zipped

if TYPE_CHECKING:
    from tests.unit.sandbox.rig import Rig

FAILED = "CodeVerificationFailedException"


def config(rig: Rig, *publishers: str, policy: str | None = None) -> str:
    """A configuration; its ARN."""
    more = {"CodeSigningPolicies": {"UntrustedArtifactOnDeployment": policy}} if policy else {}
    made = rig.lambda_.create_code_signing_config(
        AllowedPublishers={"SigningProfileVersionArns": list(publishers)},
        **more,  # type: ignore[arg-type] # a TypedDict of the stubs
    )
    return made["CodeSigningConfig"]["CodeSigningConfigArn"]


def policy_of(rig: Rig, arn: str) -> str:
    """The configuration's policy."""
    found = rig.lambda_.get_code_signing_config(CodeSigningConfigArn=arn)
    return found["CodeSigningConfig"]["CodeSigningPolicies"]["UntrustedArtifactOnDeployment"]


def test_policy_is_warn_by_default_and_publishers_need_not_exist(rig: Rig) -> None:
    nobody = "arn:aws:signer:eu-west-1:999999999999:/signing-profiles/nobody/abcdefghij"

    arn = config(rig, nobody)

    assert policy_of(rig, arn) == "Warn"
    assert arn.rpartition(":")[2].startswith("csc-")
    assert len(arn.rpartition(":csc-")[2]) == 17


def test_update_with_nothing_keeps_the_policy(rig: Rig) -> None:
    arn = config(rig, rig.profile(), policy="Enforce")

    rig.lambda_.update_code_signing_config(CodeSigningConfigArn=arn)

    assert policy_of(rig, arn) == "Enforce"


def test_configuration_in_use_cannot_be_deleted(rig: Rig) -> None:
    arn = config(rig, rig.profile())
    rig.function(CodeSigningConfigArn=arn)

    with refused("ResourceConflictException", 409, "another operation is in progress"):
        rig.lambda_.delete_code_signing_config(CodeSigningConfigArn=arn)
    rig.lambda_.delete_function_code_signing_config(FunctionName="orders")
    rig.lambda_.delete_code_signing_config(CodeSigningConfigArn=arn)

    with refused("ResourceNotFoundException", 404, "can not be found"):
        rig.lambda_.get_code_signing_config(CodeSigningConfigArn=arn)


def test_nothing_attached_is_200_without_members_and_a_qualifier_is_400(rig: Rig) -> None:
    rig.function()

    found = rig.lambda_.get_function_code_signing_config(FunctionName="orders")

    assert set(found) == {"ResponseMetadata"}
    with refused("InvalidParameterValueException", 400):
        rig.lambda_.get_function_code_signing_config(FunctionName="orders:1")


def test_unknown_configuration_is_404_and_is_told_before_an_unknown_function(rig: Rig) -> None:
    arn = config(rig, rig.profile())
    rig.lambda_.delete_code_signing_config(CodeSigningConfigArn=arn)

    with refused("CodeSigningConfigNotFoundException", 404, arn):
        rig.lambda_.put_function_code_signing_config(
            FunctionName="nobody", CodeSigningConfigArn=arn
        )


def test_functions_of_a_configuration_are_listed(rig: Rig) -> None:
    arn = config(rig, rig.profile())
    rig.function()
    before = rig.lambda_.list_functions_by_code_signing_config(CodeSigningConfigArn=arn)

    rig.lambda_.put_function_code_signing_config(FunctionName="orders", CodeSigningConfigArn=arn)

    after = rig.lambda_.list_functions_by_code_signing_config(CodeSigningConfigArn=arn)
    assert before["FunctionArns"] == []
    assert [a.rpartition(":")[2] for a in after["FunctionArns"]] == ["orders"]


@pytest.mark.parametrize("dry", [True, False])
def test_enforce_refuses_unsigned_code_also_in_a_dry_run(rig: Rig, dry: bool) -> None:  # noqa: FBT001 - a parameter
    rig.function()
    arn = config(rig, rig.profile(), policy="Enforce")
    rig.lambda_.put_function_code_signing_config(FunctionName="orders", CodeSigningConfigArn=arn)

    with refused(FAILED, 400, "Lambda cannot deploy the function"):
        rig.lambda_.update_function_code(FunctionName="orders", ZipFile=zipped("two"), DryRun=dry)

    found = rig.lambda_.get_function_configuration(FunctionName="orders")
    assert found["CodeSha256"] == sha256(zipped("one"))
    assert found["LastUpdateStatus"] == "Successful"


def test_enforce_refuses_an_unsigned_creation(rig: Rig) -> None:
    arn = config(rig, rig.profile(), policy="Enforce")

    with refused(FAILED, 400):
        rig.function(CodeSigningConfigArn=arn)

    assert rig.lambda_.list_functions()["Functions"] == []


def test_signed_code_carries_job_and_profile_and_so_does_its_version(rig: Rig) -> None:
    profile = rig.profile()
    rig.function(CodeSigningConfigArn=config(rig, profile))
    rig.sandbox.acts.set_code_signing_policy("orders", "Enforce")
    signed = rig.sandbox.signer.sign_bytes(zipped("two"), profile="team")

    rig.lambda_.update_function_code(FunctionName="orders", ZipFile=signed)
    rig.settle()
    published = rig.lambda_.publish_version(FunctionName="orders")

    assert published["SigningProfileVersionArn"] == profile
    assert ":/signing-jobs/" in published["SigningJobArn"]


def test_warn_deploys_unsigned_code_without_signing_members(rig: Rig) -> None:
    rig.function(CodeSigningConfigArn=config(rig, rig.profile(), policy="Warn"))

    rig.lambda_.update_function_code(FunctionName="orders", ZipFile=zipped("two"))
    rig.settle()

    found = rig.lambda_.get_function_configuration(FunctionName="orders")
    assert found["CodeSha256"] == sha256(zipped("two"))
    assert "SigningJobArn" not in found


def test_revoked_job_blocks_new_deployments_only(rig: Rig) -> None:
    rig.function(CodeSigningConfigArn=config(rig, rig.profile()))
    rig.sandbox.acts.set_code_signing_policy("orders", "Enforce")
    signed = rig.sandbox.signer.sign_bytes(zipped("two"), profile="team")
    rig.lambda_.update_function_code(FunctionName="orders", ZipFile=signed)
    rig.settle()
    found = rig.lambda_.get_function_configuration(FunctionName="orders")

    rig.sandbox.acts.revoke_job(found["SigningJobArn"].rpartition("/")[2])

    with refused(FAILED, 400):
        rig.lambda_.update_function_code(FunctionName="orders", ZipFile=signed)
    after = rig.lambda_.get_function_configuration(FunctionName="orders")
    assert after["SigningJobArn"] == found["SigningJobArn"]


def test_revoked_profile_blocks_what_it_signed(rig: Rig) -> None:
    rig.function(CodeSigningConfigArn=config(rig, rig.profile()))
    rig.sandbox.acts.set_code_signing_policy("orders", "Enforce")
    signed = rig.sandbox.signer.sign_bytes(zipped("two"), profile="team")

    rig.sandbox.acts.revoke_profile("team")

    with refused(FAILED, 400):
        rig.lambda_.update_function_code(FunctionName="orders", ZipFile=signed)


def test_layers_are_checked_too(rig: Rig) -> None:
    rig.function(CodeSigningConfigArn=config(rig, rig.profile()))
    rig.sandbox.acts.set_code_signing_policy("orders", "Enforce")
    signed = rig.sandbox.signer.sign_bytes(zipped("layer"), profile="team")
    good = rig.lambda_.publish_layer_version(LayerName="good", Content={"ZipFile": signed})
    bad = rig.lambda_.publish_layer_version(LayerName="bad", Content={"ZipFile": zipped("x")})

    with refused(FAILED, 400, bad["LayerVersionArn"]):
        rig.lambda_.update_function_configuration(
            FunctionName="orders", Layers=[bad["LayerVersionArn"]]
        )
    rig.lambda_.update_function_configuration(
        FunctionName="orders", Layers=[good["LayerVersionArn"]]
    )
    rig.settle()

    found = rig.lambda_.get_function_configuration(FunctionName="orders")
    assert [layer["Arn"] for layer in found["Layers"]] == [good["LayerVersionArn"]]
    assert found["Layers"][0]["SigningJobArn"]

"""Functions: states, revisions, limits and texts, each as AWS was seen to answer."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from lambda_sandbox import ApiError
from lambda_sandbox.wire.message import Request
from tests.unit.sandbox.rig import ACCOUNT, ROLE, STALE, refused, sha256, zipped

if TYPE_CHECKING:
    from tests.unit.sandbox.rig import Rig

ARN = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:orders"


def test_creation_is_pending_without_last_update_status_then_active(rig: Rig) -> None:
    created = rig.lambda_.create_function(
        FunctionName="orders",
        Role=ROLE,
        Runtime="python3.13",
        Handler="app.handler",
        Code={"ZipFile": zipped()},
    )
    pending = rig.lambda_.get_function_configuration(FunctionName="orders")
    rig.settle()
    active = rig.lambda_.get_function_configuration(FunctionName="orders")

    assert (created["State"], created["StateReasonCode"]) == ("Pending", "Creating")
    assert created["StateReason"] == "The function is being created."
    assert "LastUpdateStatus" not in created
    assert pending["RevisionId"] == created["RevisionId"]
    assert (active["State"], active["LastUpdateStatus"]) == ("Active", "Successful")
    assert active["RevisionId"] != created["RevisionId"]


def test_update_keeps_state_active_and_settles_with_a_second_revision(rig: Rig) -> None:
    rig.function()
    before = rig.revision()

    updated = rig.lambda_.update_function_code(FunctionName="orders", ZipFile=zipped("two"))
    rig.settle()
    after = rig.lambda_.get_function_configuration(FunctionName="orders")

    assert (updated["State"], updated["LastUpdateStatus"]) == ("Active", "InProgress")
    assert updated["LastUpdateStatusReasonCode"] == "Creating"
    assert after["LastUpdateStatus"] == "Successful"
    assert "LastUpdateStatusReason" not in after
    assert len({before, updated["RevisionId"], after["RevisionId"]}) == 3
    assert after["CodeSha256"] == updated["CodeSha256"] == sha256(zipped("two"))


def test_redundant_update_rotates_the_revision(rig: Rig) -> None:
    rig.function()
    before = rig.revision()

    rig.lambda_.update_function_configuration(FunctionName="orders")
    rig.settle()

    assert rig.revision() != before


@pytest.mark.parametrize("second", ["code", "configuration", "publish"])
def test_second_write_while_in_progress_is_409(rig: Rig, second: str) -> None:
    rig.function()
    rig.lambda_.update_function_code(FunctionName="orders", ZipFile=zipped("two"))
    text = f"An update is in progress for resource: {ARN}"

    with refused("ResourceConflictException", 409, text):
        if second == "code":
            rig.lambda_.update_function_code(FunctionName="orders", ZipFile=zipped("three"))
        elif second == "configuration":
            rig.lambda_.update_function_configuration(FunctionName="orders", Timeout=9)
        else:
            rig.lambda_.publish_version(FunctionName="orders")
    rig.settle()

    settled = rig.lambda_.get_function_configuration(FunctionName="orders")
    assert settled["CodeSha256"] == sha256(zipped("two"))
    assert (settled["Timeout"], rig.versions()) == (3, ["$LATEST"])


def test_update_while_pending_is_409(rig: Rig) -> None:
    rig.lambda_.create_function(
        FunctionName="orders",
        Role=ROLE,
        Runtime="python3.13",
        Handler="app.handler",
        Code={"ZipFile": zipped()},
    )

    with refused("ResourceConflictException", 409, "in the following state: Pending"):
        rig.lambda_.update_function_code(FunctionName="orders", ZipFile=zipped("two"))


@pytest.mark.parametrize("call", ["code", "configuration", "publish"])
def test_stale_revision_id_is_412_and_changes_nothing(rig: Rig, call: str) -> None:
    rig.function()
    before = rig.lambda_.get_function_configuration(FunctionName="orders")

    with refused("PreconditionFailedException", 412, "The Revision Id provided does not match"):
        if call == "code":
            rig.lambda_.update_function_code(
                FunctionName="orders", ZipFile=zipped("two"), RevisionId=STALE
            )
        elif call == "configuration":
            rig.lambda_.update_function_configuration(
                FunctionName="orders", Timeout=9, RevisionId=STALE
            )
        else:
            rig.lambda_.publish_version(FunctionName="orders", RevisionId=STALE)

    after = rig.lambda_.get_function_configuration(FunctionName="orders")
    before.pop("ResponseMetadata")
    after.pop("ResponseMetadata")
    assert after == before
    assert rig.versions() == ["$LATEST"]


def test_dry_run_tells_the_candidates_hash_and_changes_nothing(rig: Rig) -> None:
    rig.function()
    before = rig.lambda_.get_function_configuration(FunctionName="orders")

    tried = rig.lambda_.update_function_code(
        FunctionName="orders", ZipFile=zipped("two"), DryRun=True, RevisionId=before["RevisionId"]
    )

    after = rig.lambda_.get_function_configuration(FunctionName="orders")
    assert tried["CodeSha256"] == sha256(zipped("two"))
    assert after["CodeSha256"] == sha256(zipped("one"))
    assert after["RevisionId"] == before["RevisionId"]
    assert after["LastUpdateStatus"] == "Successful"
    assert rig.sandbox.writes("lambda")[-1].operation == "CreateFunction"


def test_existing_name_is_409(rig: Rig) -> None:
    rig.function()

    with refused("ResourceConflictException", 409, "Function already exist: orders"):
        rig.function()


def test_zip_over_the_limit_is_413(rig: Rig) -> None:
    with refused("RequestEntityTooLargeException", 413, "smaller than 52428800 bytes"):
        rig.function(code=bytes(52_428_801))


def test_request_over_the_limit_is_413(rig: Rig) -> None:
    scope = "Credential=a/20260105/eu-west-1/lambda/aws4_request, SignedHeaders=host"
    path, headers = "/2015-03-31/functions", {"authorization": f"AWS4-HMAC-SHA256 {scope}"}
    body = bytes(70_167_212)

    response = rig.sandbox.gateway.handle(
        Request("POST", "https", "lambda", path, "", headers, body, in_process=True)
    )

    assert (response.status, response.error) == (413, "RequestEntityTooLargeException")
    assert b"smaller than 70167211 bytes for the CreateFunction operation" in response.body


def test_unzipped_size_over_the_limit_is_400(rig: Rig) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("big", bytes(262_144_001))

    with refused("InvalidParameterValueException", 400, "smaller than 262144000 bytes"):
        rig.function(code=buffer.getvalue())


@pytest.mark.parametrize("code", [b"no zip", b"", zipped()[:-5]])
def test_bad_zip_is_400(rig: Rig, code: bytes) -> None:
    with refused("InvalidParameterValueException", 400, "Could not unzip uploaded file"):
        rig.function(code=code)


def test_zip_without_entries_is_400(rig: Rig) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w"):
        pass

    with refused("InvalidParameterValueException", 400, "non-empty zip"):
        rig.function(code=buffer.getvalue())


def test_missing_function_is_404_with_the_arn_as_it_was_qualified(rig: Rig) -> None:
    with refused("ResourceNotFoundException", 404, f"Function not found: {ARN}"):
        rig.lambda_.get_function(FunctionName="orders")
    with refused("ResourceNotFoundException", 404, f"Function not found: {ARN}:live"):
        rig.lambda_.get_function_configuration(FunctionName="orders", Qualifier="live")


def test_qualifiers_that_contradict_each_other_are_400(rig: Rig) -> None:
    rig.function()

    with refused("InvalidParameterValueException", 400, "The derived qualifier"):
        rig.lambda_.get_function(FunctionName=f"{ARN}:1", Qualifier="2")


def test_function_of_another_region_is_404(rig: Rig) -> None:
    elsewhere = ARN.replace("eu-west-1", "us-east-1")

    with refused("ResourceNotFoundException", 404, "not reachable in this region ('eu-west-1')"):
        rig.lambda_.get_function(FunctionName=elsewhere)


def test_function_of_another_account_is_403(rig: Rig) -> None:
    elsewhere = ARN.replace(ACCOUNT, "999999999999")

    with refused("AccessDeniedException", 403, "because no resource-based policy allows it"):
        rig.lambda_.get_function(FunctionName=elsewhere)


def test_name_that_is_none_is_a_validation_exception(rig: Rig) -> None:
    with refused("ValidationException", 400, "at 'functionName' failed to satisfy constraint"):
        rig.lambda_.get_function(FunctionName="a b")
    with pytest.raises(ApiError, match="is not the name of a function"):
        rig.sandbox.acts.publish("a b")


@pytest.mark.parametrize(
    "spelled", ["orders", ARN, f"{ACCOUNT}:function:orders", "function:orders"]
)
def test_every_spelling_of_the_name_finds_the_function(rig: Rig, spelled: str) -> None:
    rig.function()

    found = rig.lambda_.get_function_configuration(FunctionName=spelled)

    assert found["FunctionArn"] == ARN


@pytest.mark.parametrize("given", [{"Runtime": "python3.13"}, {"Handler": "app.handler"}, {}])
def test_zip_without_runtime_or_handler_is_400(rig: Rig, given: dict[str, str]) -> None:
    more: Any = given

    with refused("InvalidParameterValueException", 400, "Runtime and Handler are mandatory"):
        rig.lambda_.create_function(
            FunctionName="orders", Role=ROLE, Code={"ZipFile": zipped()}, **more
        )


def test_unknown_runtime_is_400_that_lists_the_known_ones(rig: Rig) -> None:
    with refused("InvalidParameterValueException", 400, "Value python9 at 'runtime' failed"):
        rig.function(Runtime="python9")


def test_retired_runtime_is_400(rig: Rig) -> None:
    with refused("InvalidParameterValueException", 400, "python3.7 is no longer supported"):
        rig.function(Runtime="python3.7")


def test_environment_over_4_kb_is_400_and_told(rig: Rig) -> None:
    rig.function()

    with refused("InvalidParameterValueException", 400, 'String measured: {"MODE":"xxxx'):
        rig.lambda_.update_function_configuration(
            FunctionName="orders", Environment={"Variables": {"MODE": "x" * 4096}}
        )

    assert "Environment" not in rig.lambda_.get_function_configuration(FunctionName="orders")


def test_failed_update_tells_its_reason(rig: Rig) -> None:
    rig.function()
    rig.sandbox.acts.fail_next_update("orders", "InvalidImage", "The image is gone")

    rig.lambda_.update_function_code(FunctionName="orders", ZipFile=zipped("two"))
    rig.settle()

    after = rig.lambda_.get_function_configuration(FunctionName="orders")
    assert (after["LastUpdateStatus"], after["State"]) == ("Failed", "Active")
    assert after["LastUpdateStatusReasonCode"] == "InvalidImage"
    assert after["LastUpdateStatusReason"] == "The image is gone"


def test_failed_creation_ends_in_state_failed(rig: Rig) -> None:
    rig.sandbox.acts.fail_next_update("orders", "InternalError", "No room")

    rig.function()

    after = rig.lambda_.get_function_configuration(FunctionName="orders")
    assert (after["State"], after["StateReasonCode"]) == ("Failed", "InternalError")


def test_deleting_a_function_takes_versions_and_aliases_with_it(rig: Rig) -> None:
    rig.function()
    rig.lambda_.publish_version(FunctionName="orders")

    deleted = rig.lambda_.delete_function(FunctionName="orders")
    rig.function()

    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert rig.versions() == ["$LATEST"]


def test_latest_and_aliases_cannot_be_deleted_by_qualifier(rig: Rig) -> None:
    rig.function()

    with refused("InvalidParameterValueException", 400, "$LATEST version cannot be deleted"):
        rig.lambda_.delete_function(FunctionName="orders", Qualifier="$LATEST")
    with refused("InvalidParameterValueException", 400, "Deletion of aliases"):
        rig.lambda_.delete_function(FunctionName="orders", Qualifier="live")


def test_functions_are_listed_in_pages(rig: Rig) -> None:
    for name in ("a", "b", "c"):
        rig.function(name)

    first = rig.lambda_.list_functions(MaxItems=2)
    second = rig.lambda_.list_functions(Marker=first["NextMarker"])

    assert [f["FunctionName"] for f in first["Functions"]] == ["a", "b"]
    assert [f["FunctionName"] for f in second["Functions"]] == ["c"]
    assert "NextMarker" not in second


def test_marker_that_was_not_given_out_is_400(rig: Rig) -> None:
    with refused("InvalidParameterValueException", 400, "Invalid marker"):
        rig.lambda_.list_functions(Marker="nonsense")


def test_image_function_is_data_and_has_no_location(rig: Rig) -> None:
    uri = f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/app@sha256:{'a' * 64}"
    rig.lambda_.create_function(
        FunctionName="image", Role=ROLE, PackageType="Image", Code={"ImageUri": uri}
    )
    rig.settle()

    found = rig.lambda_.get_function(FunctionName="image")

    assert found["Configuration"]["PackageType"] == "Image"
    assert found["Code"]["ImageUri"] == uri
    assert "Location" not in found["Code"]


def test_images_and_zips_are_not_mixed(rig: Rig) -> None:
    uri = f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/app:latest"
    rig.function()
    rig.lambda_.create_function(
        FunctionName="image", Role=ROLE, PackageType="Image", Code={"ImageUri": uri}
    )
    rig.settle()

    with refused("InvalidParameterValueException", 400, "function with packageType Zip"):
        rig.lambda_.update_function_code(FunctionName="orders", ImageUri=uri)
    with refused("InvalidParameterValueException", 400, "function with packageType Image"):
        rig.lambda_.update_function_code(FunctionName="image", ZipFile=zipped())


def test_image_function_takes_no_code_signing(rig: Rig) -> None:
    uri = f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/app@sha256:{'a' * 64}"
    rig.lambda_.create_function(
        FunctionName="image", Role=ROLE, PackageType="Image", Code={"ImageUri": uri}
    )
    publishers = {"SigningProfileVersionArns": [rig.profile()]}
    config = rig.lambda_.create_code_signing_config(AllowedPublishers=publishers)
    arn = config["CodeSigningConfig"]["CodeSigningConfigArn"]

    with refused("InvalidParameterValueException", 400, "PackageType Image"):
        rig.lambda_.put_function_code_signing_config(FunctionName="image", CodeSigningConfigArn=arn)
    with refused("InvalidParameterValueException", 400, "PackageType Image"):
        rig.lambda_.create_function(
            FunctionName="second",
            Role=ROLE,
            PackageType="Image",
            Code={"ImageUri": uri},
            CodeSigningConfigArn=arn,
        )


def test_code_storage_over_the_accounts_limit_is_refused(rig: Rig) -> None:
    rig.function()
    rig.sandbox.acts.limit_code_storage(len(zipped("one")))

    with refused("CodeStorageExceededException", 400, "Code storage limit exceeded"):
        rig.lambda_.publish_version(FunctionName="orders")

    assert rig.versions() == ["$LATEST"]


def test_unknown_members_of_an_answer_are_our_mistake_not_the_clients(rig: Rig) -> None:
    rig.function()

    first = rig.lambda_.get_function_configuration(FunctionName="orders")
    rig.sandbox.lambda_state.functions["orders"].latest.configuration["Nonsense"] = 1

    assert first["FunctionName"] == "orders"
    with pytest.raises(LookupError, match="Nonsense"):
        rig.lambda_.get_function_configuration(FunctionName="orders")

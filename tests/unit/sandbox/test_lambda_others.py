"""The rest of Lambda: event sources, invocations, concurrency, layers, tags, URLs, settings."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.sandbox.rig import ACCOUNT, refused, sha256, zipped

if TYPE_CHECKING:
    from lambda_sandbox.lambda_service.invocation import InvocationContext
    from tests.unit.sandbox.rig import Rig

ARN = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:orders"
QUEUE = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:jobs"


@pytest.fixture
def live(rig: Rig) -> Rig:
    """A function with version 1 and the alias live."""
    rig.function()
    rig.lambda_.publish_version(FunctionName="orders")
    rig.lambda_.create_alias(FunctionName="orders", Name="live", FunctionVersion="1")
    return rig


def payload(answer: Any) -> Any:  # noqa: ANN401 - JSON
    """What an invocation answered."""
    return json.loads(answer["Payload"].read())


# -- event source mappings


def test_mapping_keeps_the_alias_and_becomes_enabled(live: Rig) -> None:
    made = live.lambda_.create_event_source_mapping(
        EventSourceArn=QUEUE, FunctionName="orders:live"
    )
    live.settle()
    found = live.lambda_.get_event_source_mapping(UUID=made["UUID"])

    assert (made["FunctionArn"], made["State"]) == (f"{ARN}:live", "Creating")
    assert (found["State"], found["BatchSize"]) == ("Enabled", 10)


def test_mappings_are_listed_by_source_and_by_qualified_function(live: Rig) -> None:
    live.lambda_.create_event_source_mapping(EventSourceArn=QUEUE, FunctionName="orders:live")
    live.lambda_.create_event_source_mapping(EventSourceArn=QUEUE, FunctionName="orders")

    def arns(**by: str) -> list[str]:
        listed = live.lambda_.list_event_source_mappings(**by)["EventSourceMappings"]
        return [mapping["FunctionArn"] for mapping in listed]

    assert arns(EventSourceArn=QUEUE) == [f"{ARN}:live", ARN]
    assert arns(FunctionName="orders") == [ARN]
    assert arns(FunctionName=f"{ARN}:live") == [f"{ARN}:live"]


def test_same_source_and_function_is_409(live: Rig) -> None:
    live.lambda_.create_event_source_mapping(EventSourceArn=QUEUE, FunctionName="orders")

    with refused("ResourceConflictException", 409, "already exists"):
        live.lambda_.create_event_source_mapping(EventSourceArn=QUEUE, FunctionName="orders")


def test_mapping_of_nothing_or_for_nobody_is_400(live: Rig) -> None:
    with refused("InvalidParameterValueException", 400, "Unrecognized event source."):
        live.lambda_.create_event_source_mapping(FunctionName="orders")
    with refused("InvalidParameterValueException", 400, "Function does not exist"):
        live.lambda_.create_event_source_mapping(EventSourceArn=QUEUE, FunctionName="orders:9")


def test_mapping_is_updated_and_deleted(live: Rig) -> None:
    made = live.lambda_.create_event_source_mapping(EventSourceArn=QUEUE, FunctionName="orders")
    live.settle()

    updated = live.lambda_.update_event_source_mapping(
        UUID=made["UUID"], FunctionName="orders:live", Enabled=False, BatchSize=3
    )
    live.settle()
    found = live.lambda_.get_event_source_mapping(UUID=made["UUID"])
    deleted = live.lambda_.delete_event_source_mapping(UUID=made["UUID"])

    assert updated["State"] == "Updating"
    assert (found["State"], found["BatchSize"]) == ("Disabled", 3)
    assert found["FunctionArn"] == f"{ARN}:live"
    assert deleted["State"] == "Deleting"
    with refused("ResourceNotFoundException", 404):
        live.lambda_.get_event_source_mapping(UUID=made["UUID"])


# -- invocations


def test_invocation_echoes_and_tells_the_version_behind_the_alias(live: Rig) -> None:
    answer = live.lambda_.invoke(
        FunctionName="orders", Qualifier="live", Payload=b'{"a":1}', LogType="Tail"
    )

    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "1")
    assert payload(answer) == {"a": 1}
    assert "FunctionError" not in answer
    assert b"Version: 1" in base64.b64decode(answer["LogResult"])


def test_registered_callable_answers_and_its_exception_is_the_functions(live: Rig) -> None:
    def handler(event: dict[str, int], context: InvocationContext) -> dict[str, object]:
        return {"half": 10 // event["by"], "version": context.function_version}

    live.sandbox.acts.answer_invocations("orders", handler)

    good = live.lambda_.invoke(FunctionName="orders", Payload=b'{"by":2}')
    bad = live.lambda_.invoke(FunctionName="orders", Payload=b'{"by":0}')

    assert payload(good) == {"half": 5, "version": "$LATEST"}
    assert bad["FunctionError"] == "Unhandled"
    assert payload(bad)["errorType"] == "ZeroDivisionError"


def test_invocations_can_fail_for_one_version_only(live: Rig) -> None:
    live.sandbox.acts.fail_invocations("orders", "out of stock", version="1")

    through = live.lambda_.invoke(FunctionName="orders", Qualifier="live")
    latest = live.lambda_.invoke(FunctionName="orders")
    live.sandbox.acts.fail_invocations("orders", None, version="1")
    healed = live.lambda_.invoke(FunctionName="orders", Qualifier="live")

    assert payload(through)["errorMessage"] == "out of stock"
    assert "FunctionError" not in latest
    assert "FunctionError" not in healed


def test_event_invocation_is_202_and_dry_run_204_and_both_answer_nothing(live: Rig) -> None:
    event = live.lambda_.invoke(FunctionName="orders", InvocationType="Event", Payload=b"{}")
    dry = live.lambda_.invoke(FunctionName="orders", InvocationType="DryRun")

    assert (event["StatusCode"], dry["StatusCode"]) == (202, 204)
    assert [i["type"] for i in live.sandbox.lambda_state.invocations] == ["Event"]
    assert live.sandbox.writes("lambda")[-1].operation == "CreateAlias"


def test_weights_send_some_invocations_to_the_other_version(live: Rig) -> None:
    live.sandbox.acts.console_edit_configuration("orders", timeout=9)
    live.sandbox.acts.publish("orders")
    live.sandbox.acts.set_weights("orders", "live", {"2": 0.5})

    seen = [
        live.lambda_.invoke(FunctionName="orders", Qualifier="live")["ExecutedVersion"]
        for _ in range(40)
    ]

    assert set(seen) == {"1", "2"}


def test_invocation_of_a_missing_function_names_latest(rig: Rig) -> None:
    with refused("ResourceNotFoundException", 404, ":function:nobody:$LATEST"):
        rig.lambda_.invoke(FunctionName="nobody")


def test_function_that_is_not_active_is_not_invoked(rig: Rig) -> None:
    rig.lambda_.create_function(
        FunctionName="orders",
        Role=f"arn:aws:iam::{ACCOUNT}:role/r",
        Runtime="python3.13",
        Handler="a.b",
        Code={"ZipFile": zipped()},
    )

    with refused("ResourceConflictException", 409, "in the following state: Pending"):
        rig.lambda_.invoke(FunctionName="orders")

    assert rig.sandbox.lambda_state.invocations == []


def test_payload_over_6_mib_is_413(live: Rig) -> None:
    with refused("RequestTooLargeException", 413, "6291457 byte payload is too large"):
        live.lambda_.invoke(FunctionName="orders", Payload=b" " * 6_291_457)


def test_payload_that_is_no_json_is_400(live: Rig) -> None:
    with refused("InvalidRequestContentException", 400, "Could not parse"):
        live.lambda_.invoke(FunctionName="orders", Payload=b"{")


# -- concurrency, recursion, account


def test_reserved_concurrency_is_set_told_and_removed(live: Rig) -> None:
    none = live.lambda_.get_function_concurrency(FunctionName="orders")
    live.lambda_.put_function_concurrency(FunctionName="orders", ReservedConcurrentExecutions=0)
    found = live.lambda_.get_function(FunctionName="orders")

    with refused("TooManyRequestsException", 429, "Rate Exceeded."):
        live.lambda_.invoke(FunctionName="orders")
    live.lambda_.delete_function_concurrency(FunctionName="orders")

    assert "ReservedConcurrentExecutions" not in none
    assert found["Concurrency"] == {"ReservedConcurrentExecutions": 0}
    assert live.lambda_.invoke(FunctionName="orders")["StatusCode"] == 200


def test_a_hundred_executions_must_stay_unreserved(live: Rig) -> None:
    with refused("InvalidParameterValueException", 400, "below its minimum value of [100]"):
        live.lambda_.put_function_concurrency(
            FunctionName="orders", ReservedConcurrentExecutions=901
        )
    with refused("ResourceNotFoundException", 404, ":function:nobody:$LATEST"):
        live.lambda_.put_function_concurrency(FunctionName="nobody", ReservedConcurrentExecutions=1)
    with refused("InvalidParameterValueException", 400, "permitted on Lambda functions only"):
        live.lambda_.put_function_concurrency(
            FunctionName="orders:live", ReservedConcurrentExecutions=1
        )


def test_recursion_is_terminate_by_default_and_unqualified_only(live: Rig) -> None:
    default = live.lambda_.get_function_recursion_config(FunctionName="orders")
    live.lambda_.put_function_recursion_config(FunctionName="orders", RecursiveLoop="Allow")
    chosen = live.lambda_.get_function_recursion_config(FunctionName="orders")

    assert (default["RecursiveLoop"], chosen["RecursiveLoop"]) == ("Terminate", "Allow")
    with refused("ValidationException", 400, "at 'functionName' failed to satisfy constraint"):
        live.lambda_.get_function_recursion_config(FunctionName="orders:live")


def test_unknown_choice_is_told_with_the_known_ones(live: Rig) -> None:
    with refused(
        "ValidationException",
        400,
        "Value 'Maybe' at 'recursiveLoop' failed to satisfy constraint: Member must satisfy enum",
    ):
        live.lambda_.put_function_recursion_config(
            FunctionName="orders",
            RecursiveLoop="Maybe",  # type: ignore[arg-type] # wrong on purpose
        )


def test_account_settings_count_every_stored_version(live: Rig) -> None:
    before = live.lambda_.get_account_settings()["AccountUsage"]
    live.sandbox.acts.console_edit_configuration("orders", timeout=9)

    live.lambda_.publish_version(FunctionName="orders")

    after = live.lambda_.get_account_settings()
    assert before == {"FunctionCount": 1, "TotalCodeSize": 2 * len(zipped())}
    assert after["AccountUsage"]["TotalCodeSize"] == 3 * len(zipped())
    assert after["AccountLimit"]["TotalCodeSize"] == 80_530_636_800


def test_provisioned_concurrency_is_404_without_and_ready_with_time(live: Rig) -> None:
    with refused("ProvisionedConcurrencyConfigNotFoundException", 404):
        live.lambda_.get_provisioned_concurrency_config(FunctionName="orders", Qualifier="live")

    put = live.lambda_.put_provisioned_concurrency_config(
        FunctionName="orders", Qualifier="live", ProvisionedConcurrentExecutions=2
    )
    live.settle()
    found = live.lambda_.get_provisioned_concurrency_config(FunctionName="orders", Qualifier="live")

    assert (put["Status"], found["Status"]) == ("IN_PROGRESS", "READY")
    assert found["AllocatedProvisionedConcurrentExecutions"] == 2


def test_version_behind_a_provisioned_alias_cannot_be_provisioned_too(live: Rig) -> None:
    live.lambda_.put_provisioned_concurrency_config(
        FunctionName="orders", Qualifier="live", ProvisionedConcurrentExecutions=2
    )

    with refused("ResourceConflictException", 409, "pointed by a Provisioned Concurrency alias"):
        live.lambda_.put_provisioned_concurrency_config(
            FunctionName="orders", Qualifier="1", ProvisionedConcurrentExecutions=2
        )
    with refused("InvalidParameterValueException", 400, "unpublished function versions"):
        live.lambda_.put_provisioned_concurrency_config(
            FunctionName="orders", Qualifier="$LATEST", ProvisionedConcurrentExecutions=2
        )


def test_alias_of_a_provisioned_version_cannot_be_provisioned_too(live: Rig) -> None:
    live.lambda_.put_provisioned_concurrency_config(
        FunctionName="orders", Qualifier="1", ProvisionedConcurrentExecutions=2
    )

    with refused("ResourceConflictException", 409, "on an already Provisioned version"):
        live.lambda_.put_provisioned_concurrency_config(
            FunctionName="orders", Qualifier="live", ProvisionedConcurrentExecutions=2
        )


@pytest.mark.parametrize(
    ("qualifier", "code", "status", "text"),
    [
        ("$LATEST", "InvalidParameterValueException", 400, "an alias or a published version"),
        ("nobody", "ResourceNotFoundException", 404, f"Cannot find alias arn: {ARN}:nobody"),
        ("42", "ResourceNotFoundException", 404, f"Function not found: {ARN}:42"),
    ],
)
def test_provisioned_concurrency_of_nothing_is_refused(
    live: Rig, qualifier: str, code: str, status: int, text: str
) -> None:
    with refused(code, status, text):
        live.lambda_.get_provisioned_concurrency_config(FunctionName="orders", Qualifier=qualifier)


def test_runtime_updates_are_auto_until_chosen(live: Rig) -> None:
    default = live.lambda_.get_runtime_management_config(FunctionName="orders")
    live.lambda_.put_runtime_management_config(
        FunctionName="orders", UpdateRuntimeOn="FunctionUpdate"
    )
    chosen = live.lambda_.get_runtime_management_config(FunctionName="orders")

    assert (default["UpdateRuntimeOn"], chosen["UpdateRuntimeOn"]) == ("Auto", "FunctionUpdate")
    with refused("InvalidParameterValueException", 400, "RuntimeVersionArn is required"):
        live.lambda_.put_runtime_management_config(FunctionName="orders", UpdateRuntimeOn="Manual")


# -- asynchronous invocations, URLs


def test_event_invoke_config_is_per_qualifier(live: Rig) -> None:
    put = live.lambda_.put_function_event_invoke_config(
        FunctionName="orders",
        Qualifier="live",
        DestinationConfig={"OnSuccess": {"Destination": QUEUE}},
    )
    updated = live.lambda_.update_function_event_invoke_config(
        FunctionName="orders", Qualifier="live", MaximumRetryAttempts=1
    )

    assert put["FunctionArn"] == f"{ARN}:live"
    assert updated["DestinationConfig"]["OnSuccess"] == {"Destination": QUEUE}
    with refused("ResourceNotFoundException", 404, f"{ARN}:$LATEST doesn't have an Event"):
        live.lambda_.get_function_event_invoke_config(FunctionName="orders")
    with refused("InvalidParameterValueException", 400, "at least one of"):
        live.lambda_.put_function_event_invoke_config(FunctionName="orders")


@pytest.mark.parametrize("qualifier", ["nobody", "42"])
def test_event_invoke_config_of_nothing_is_404(live: Rig, qualifier: str) -> None:
    with refused("ResourceNotFoundException", 404, "The function doesn't exist."):
        live.lambda_.put_function_event_invoke_config(
            FunctionName="orders", Qualifier=qualifier, MaximumRetryAttempts=0
        )
    with refused("ResourceNotFoundException", 404, "The function doesn't exist."):
        live.lambda_.list_function_event_invoke_configs(FunctionName="nobody")


def test_destination_that_does_not_exist_is_400(live: Rig) -> None:
    nobody = ARN.replace("orders", "nobody")

    with refused("InvalidParameterValueException", 400, f"The destination ARN {nobody} is"):
        live.lambda_.put_function_event_invoke_config(
            FunctionName="orders", DestinationConfig={"OnFailure": {"Destination": nobody}}
        )


def test_function_cannot_be_its_own_destination(live: Rig) -> None:
    with refused("InvalidParameterValueException", 400, "destination for itself"):
        live.lambda_.put_function_event_invoke_config(
            FunctionName="orders", DestinationConfig={"OnFailure": {"Destination": ARN}}
        )


def test_event_invoke_configs_are_listed_and_deleted(live: Rig) -> None:
    live.lambda_.put_function_event_invoke_config(FunctionName="orders", MaximumRetryAttempts=0)

    listed = live.lambda_.list_function_event_invoke_configs(FunctionName="orders")
    live.lambda_.delete_function_event_invoke_config(FunctionName="orders")

    assert [c["MaximumRetryAttempts"] for c in listed["FunctionEventInvokeConfigs"]] == [0]
    with refused("ResourceNotFoundException", 404):
        live.lambda_.get_function_event_invoke_config(FunctionName="orders")


def test_url_belongs_to_the_function_or_an_alias(live: Rig) -> None:
    made = live.lambda_.create_function_url_config(
        FunctionName="orders", Qualifier="live", AuthType="NONE"
    )
    live.lambda_.update_function_url_config(
        FunctionName="orders", Qualifier="live", AuthType="AWS_IAM"
    )
    found = live.lambda_.get_function_url_config(FunctionName="orders", Qualifier="live")
    listed = live.lambda_.list_function_url_configs(FunctionName="orders")["FunctionUrlConfigs"]

    assert "InvokeMode" not in made
    assert (found["AuthType"], found["InvokeMode"]) == ("AWS_IAM", "BUFFERED")
    assert [url["FunctionArn"] for url in listed] == [f"{ARN}:live"]
    with refused("ResourceConflictException", 409, "FunctionUrlConfig exists"):
        live.lambda_.create_function_url_config(
            FunctionName="orders", Qualifier="live", AuthType="NONE"
        )
    with refused("ResourceNotFoundException", 404, "Function does not exist"):
        live.lambda_.create_function_url_config(
            FunctionName="orders", Qualifier="nobody", AuthType="NONE"
        )
    live.lambda_.delete_function_url_config(FunctionName="orders", Qualifier="live")
    with refused("ResourceNotFoundException", 404):
        live.lambda_.get_function_url_config(FunctionName="orders", Qualifier="live")


# -- layers, tags


def test_layer_versions_count_up_and_keep_their_bytes(rig: Rig) -> None:
    first = rig.lambda_.publish_layer_version(LayerName="l", Content={"ZipFile": zipped("1")})
    rig.lambda_.publish_layer_version(LayerName="l", Content={"ZipFile": zipped("2")})

    found = rig.lambda_.get_layer_version(LayerName="l", VersionNumber=1)
    by_arn = rig.lambda_.get_layer_version_by_arn(Arn=first["LayerVersionArn"])
    listed = rig.lambda_.list_layer_versions(LayerName="l")["LayerVersions"]

    assert found["Content"]["CodeSha256"] == sha256(zipped("1"))
    assert rig.sandbox.fetch(by_arn["Content"]["Location"]) == zipped("1")
    assert [version["Version"] for version in listed] == [2, 1]
    assert "SigningJobArn" not in found["Content"]
    assert rig.lambda_.list_layers()["Layers"][0]["LatestMatchingVersion"]["Version"] == 2


def test_missing_layers_are_refused(rig: Rig) -> None:
    rig.function()
    mine = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:layer:nobody:1"

    with refused("ResourceNotFoundException", 404):
        rig.lambda_.get_layer_version(LayerName="nobody", VersionNumber=1)
    with refused("InvalidParameterValueException", 400, "Cannot be less than 1"):
        rig.lambda_.get_layer_version(LayerName="nobody", VersionNumber=0)
    with refused("InvalidParameterValueException", 400, "Cannot be less than 1"):
        rig.lambda_.delete_layer_version(LayerName="nobody", VersionNumber=0)
    with refused("InvalidParameterValueException", 400, f"Layer version {mine} does not exist."):
        rig.lambda_.update_function_configuration(FunctionName="orders", Layers=[mine])


def test_two_versions_of_a_layer_are_refused(rig: Rig) -> None:
    rig.function()
    arns = [
        rig.lambda_.publish_layer_version(LayerName="l", Content={"ZipFile": zipped(text)})[
            "LayerVersionArn"
        ]
        for text in ("1", "2")
    ]

    with refused("InvalidParameterValueException", 400, "Two different versions of the same layer"):
        rig.lambda_.update_function_configuration(FunctionName="orders", Layers=arns)


def test_deleted_layer_version_is_gone_and_its_number_is_not_used_again(rig: Rig) -> None:
    rig.lambda_.publish_layer_version(LayerName="l", Content={"ZipFile": zipped("1")})
    rig.lambda_.delete_layer_version(LayerName="l", VersionNumber=1)

    again = rig.lambda_.publish_layer_version(LayerName="l", Content={"ZipFile": zipped("1")})

    assert again["Version"] == 2


def test_tags_are_told_by_function_and_rotate_its_revision(live: Rig) -> None:
    before = live.revision()

    live.lambda_.tag_resource(Resource=ARN, Tags={"team": "a", "tier": "b"})
    tagged = live.revision()
    live.lambda_.untag_resource(Resource=ARN, TagKeys=["tier", "nobody"])

    assert live.lambda_.list_tags(Resource=ARN)["Tags"] == {"team": "a"}
    assert live.lambda_.get_function(FunctionName="orders")["Tags"] == {"team": "a"}
    assert len({before, tagged, live.revision()}) == 3


def test_function_with_more_than_fifty_tags_is_not_created(rig: Rig) -> None:
    with refused("InvalidParameterValueException", 400, "exceeds resource tag limit"):
        rig.function(Tags={f"k{n}": "v" for n in range(51)})

    assert rig.lambda_.list_functions()["Functions"] == []


def test_tags_of_versions_and_more_than_fifty_are_refused(live: Rig) -> None:
    with refused("InvalidParameterValueException", 400, "aliases and versions are not supported"):
        live.lambda_.tag_resource(Resource=f"{ARN}:1", Tags={"k": "v"})
    with refused("InvalidParameterValueException", 400, "exceeds resource tag limit"):
        live.lambda_.tag_resource(Resource=ARN, Tags={f"k{n}": "v" for n in range(51)})
    with refused("InvalidParameterValueException", 400, "An error occurred"):
        live.lambda_.tag_resource(Resource=ARN, Tags={})
    with refused("ResourceNotFoundException", 404, "Function not found"):
        live.lambda_.list_tags(Resource=f"{ARN}s")


def test_tags_of_mappings_and_code_signing_configurations(live: Rig) -> None:
    mapping = live.lambda_.create_event_source_mapping(
        EventSourceArn=QUEUE, FunctionName="orders", Tags={"k": "v"}
    )["EventSourceMappingArn"]
    publishers = {"SigningProfileVersionArns": [live.profile()]}
    config = live.lambda_.create_code_signing_config(AllowedPublishers=publishers, Tags={"k": "w"})[
        "CodeSigningConfig"
    ]["CodeSigningConfigArn"]

    assert live.lambda_.list_tags(Resource=mapping)["Tags"] == {"k": "v"}
    assert live.lambda_.list_tags(Resource=config)["Tags"] == {"k": "w"}
    with refused("ResourceNotFoundException", 404, "Event source mapping not found: arn:"):
        live.lambda_.list_tags(Resource=mapping[:-12] + 12 * "0")


def test_operation_that_is_not_here_is_501_and_says_so(rig: Rig) -> None:
    with refused("NotImplementedException", 501, "ListCapacityProviders"):
        rig.lambda_.list_capacity_providers()

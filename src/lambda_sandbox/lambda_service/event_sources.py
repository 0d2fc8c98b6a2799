"""Event source mappings: what polls a queue or stream for a function. Nothing is polled here.

May import core and the modules of this package. Source: LocalStack AWS-validated snapshot 2025-11
(TestLambdaEventSourceMappings, test_lambda_integration_sqs).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from lambda_sandbox.core import ApiError
from lambda_sandbox.lambda_service.names import function_arn, invalid, parse_name
from lambda_sandbox.lambda_service.pages import page
from lambda_sandbox.lambda_service.state import copied

if TYPE_CHECKING:
    from datetime import datetime

    from lambda_sandbox.lambda_service.state import LambdaState

_LARGEST_PAGE = 100
_SETTABLE = (
    "BatchSize",
    "FilterCriteria",
    "KMSKeyArn",
    "MetricsConfig",
    "LoggingConfig",
    "ScalingConfig",
    "MaximumBatchingWindowInSeconds",
    "ParallelizationFactor",
    "DestinationConfig",
    "MaximumRecordAgeInSeconds",
    "BisectBatchOnFunctionError",
    "MaximumRetryAttempts",
    "TumblingWindowInSeconds",
    "SourceAccessConfigurations",
    "FunctionResponseTypes",
    "ProvisionedPollerConfig",
)
_AT_CREATION = (
    "EventSourceArn",
    "StartingPosition",
    "StartingPositionTimestamp",
    "Topics",
    "Queues",
    "SelfManagedEventSource",
)


class EventSourceOperations:
    """Create, read, update, delete, list."""

    def __init__(self, state: LambdaState) -> None:
        self._state = state
        self._due: dict[str, tuple[datetime, str]] = {}

    def create_event_source_mapping(self, params: dict[str, Any]) -> dict[str, Any]:
        """Creates a mapping: Creating, then Enabled. FunctionArn keeps an alias as it was given."""
        state = self._state
        if "EventSourceArn" not in params and "SelfManagedEventSource" not in params:
            raise invalid("Unrecognized event source.")
        arn = self._function_arn(params["FunctionName"])
        source = params.get("EventSourceArn")
        for known in state.event_source_mappings.values():
            if source is not None and (known["EventSourceArn"], known["FunctionArn"]) == (
                source,
                arn,
            ):
                raise ApiError(
                    "ResourceConflictException",
                    f'The event source arn (" {source} ") and function (" '
                    f'{parse_name(state.world, params["FunctionName"]).name} ") provided mapping '
                    "already exists. Please update or delete the existing mapping with UUID "
                    f"{known['UUID']}",
                    409,
                )
        uuid = state.new_id()
        world = state.world
        mapping: dict[str, Any] = {
            "UUID": uuid,
            "EventSourceMappingArn": (
                f"arn:aws:lambda:{world.region}:{world.account}:event-source-mapping:{uuid}"
            ),
            "FunctionArn": arn,
            "FunctionResponseTypes": [],
            "State": "Creating",
            "StateTransitionReason": "USER_INITIATED",
            "LastModified": world.clock.now(),
            **_defaults(str(source)),
        }
        for name in (*_AT_CREATION, *_SETTABLE):
            if name in params:
                mapping[name] = copied(params[name])
        state.event_source_mappings[uuid] = mapping
        state.mapping_tags[uuid] = dict(params.get("Tags", {}))
        self._later(uuid, "Enabled" if params.get("Enabled", True) else "Disabled")
        return copied(mapping)

    def get_event_source_mapping(self, params: dict[str, Any]) -> dict[str, Any]:
        """The mapping."""
        return copied(self._find(params["UUID"]))

    def update_event_source_mapping(self, params: dict[str, Any]) -> dict[str, Any]:
        """Changes what was sent: Updating, then as before; Enabled switches it on and off."""
        mapping = self._find(params["UUID"])
        if "FunctionName" in params:
            mapping["FunctionArn"] = self._function_arn(params["FunctionName"])
        for name in _SETTABLE:
            if name in params:
                mapping[name] = copied(params[name])
        enabled = params.get("Enabled", mapping["State"] != "Disabled")
        mapping["State"] = "Updating"
        mapping["LastModified"] = self._state.world.clock.now()
        self._later(mapping["UUID"], "Enabled" if enabled else "Disabled")
        return copied(mapping)

    def delete_event_source_mapping(self, params: dict[str, Any]) -> dict[str, Any]:
        """Deletes the mapping: it is shown as Deleting once, then gone."""
        mapping = self._find(params["UUID"])
        del self._state.event_source_mappings[mapping["UUID"]]
        self._state.mapping_tags.pop(mapping["UUID"], None)
        return {**copied(mapping), "State": "Deleting"}

    def list_event_source_mappings(self, params: dict[str, Any]) -> dict[str, Any]:
        """Mappings, of one source or of one function as it is qualified (an alias has its own)."""
        world, source = self._state.world, params.get("EventSourceArn")
        arn = None
        if "FunctionName" in params:
            ref = parse_name(world, params["FunctionName"])
            arn = function_arn(world, ref.name, ref.qualifier)
        listed = [
            copied(self._find(uuid))
            for uuid, mapping in list(self._state.event_source_mappings.items())
            if arn in {None, mapping["FunctionArn"]}
            and source in {None, mapping.get("EventSourceArn")}
        ]
        found, marker = page(listed, params.get("Marker"), params.get("MaxItems"), _LARGEST_PAGE)
        return {"EventSourceMappings": found, "NextMarker": marker}

    def _function_arn(self, spelled: str) -> str:
        state = self._state
        ref = parse_name(state.world, spelled)
        function = state.functions.get(ref.name)
        known = function is not None and (
            ref.qualifier in {None, "$LATEST"}
            or ref.qualifier in function.aliases
            or ref.qualifier in function.versions
        )
        if not known:
            raise invalid("Function does not exist")
        return function_arn(state.world, ref.name, ref.qualifier)

    def _find(self, uuid: str) -> dict[str, Any]:
        mapping = self._state.event_source_mappings.get(uuid)
        if mapping is None:
            raise ApiError(
                "ResourceNotFoundException", "The resource you requested does not exist.", 404
            )
        due = self._due.get(uuid)
        if due is not None and self._state.world.clock.now() >= due[0]:
            mapping["State"] = due[1]
            del self._due[uuid]
        return mapping

    def _later(self, uuid: str, status: str) -> None:
        world = self._state.world
        self._due[uuid] = (world.clock.now() + timedelta(seconds=world.timing.create_s), status)


def _defaults(source: str) -> dict[str, Any]:
    if ":sqs:" in source:
        return {"BatchSize": 10, "MaximumBatchingWindowInSeconds": 0}
    return {
        "BatchSize": 100,
        "MaximumBatchingWindowInSeconds": 0,
        "ParallelizationFactor": 1,
        "BisectBatchOnFunctionError": False,
        "MaximumRecordAgeInSeconds": -1,
        "MaximumRetryAttempts": -1,
        "TumblingWindowInSeconds": 0,
        "DestinationConfig": {"OnFailure": {}},
        "LastProcessingResult": "No records processed",
    }

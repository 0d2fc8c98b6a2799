"""Functions: create, read, update, delete.

May import core and the modules of this package. Texts and states: LocalStack AWS-validated
snapshot 2025-11 (TestLambdaFunction, TestLambdaVersions) unless a rule says otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambda_sandbox.core import ApiError
from lambda_sandbox.lambda_service.code_signing import (
    IMAGE_UNSIGNED,
    attached_config,
    known_config,
)
from lambda_sandbox.lambda_service.configuration import (
    apply_settings,
    fingerprint,
    first_configuration,
    function_configuration,
    listed_configuration,
    qualifier_of,
)
from lambda_sandbox.lambda_service.names import LATEST, function_arn, invalid, parse_name
from lambda_sandbox.lambda_service.pages import page
from lambda_sandbox.lambda_service.state import Function, Progress, Version, copied
from lambda_sandbox.lambda_service.tags import TAG_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambda_sandbox.lambda_service.code import CodeSource
    from lambda_sandbox.lambda_service.state import LambdaState


class FunctionOperations:
    """The API's operations on functions; parameters and answers as boto3 spells them."""

    def __init__(
        self, state: LambdaState, source: CodeSource, locate: Callable[[str, bytes], str]
    ) -> None:
        """Takes how to make Code.Location of a name and bytes."""
        self._state = state
        self._source = source
        self._locate = locate

    def create_function(self, params: dict[str, Any]) -> dict[str, Any]:
        """Creates a function: Pending, then Active."""
        state = self._state
        name = parse_name(state.world, params["FunctionName"]).name
        if name in state.functions:
            raise ApiError("ResourceConflictException", f"Function already exist: {name}", 409)
        _require_basics(params)
        if len(params.get("Tags", {})) > TAG_LIMIT:
            raise invalid("Number of tags exceeds resource tag limit.")
        configuration = first_configuration({**params, "FunctionName": name}, state)
        config_arn = params.get("CodeSigningConfigArn")
        config = known_config(state, config_arn) if config_arn else None
        code = self._source.take(params["Code"], config, function_arn(state.world, name))
        self._source.admit_layers(configuration, config)
        latest = Version(
            number=LATEST,
            code=code,
            configuration=configuration,
            revision_id=state.new_id(),
            last_modified=state.world.clock.now(),
            progress=Progress("Pending", None),
        )
        failure = state.next_failures.pop(name, None)
        state.start(latest, state.world.timing.create_s, failure)
        function = Function(
            name,
            latest,
            code_signing_config_arn=config_arn,
            tags=dict(params.get("Tags", {})),
        )
        state.functions[name] = function
        if params.get("Publish"):
            version = self.freeze(function, None)
            # The answer shows the version's number under the unqualified ARN.
            # Source: LocalStack AWS-validated snapshot 2025-11 (test_publish_version_on_create).
            return function_configuration(state, function, version, None)
        return function_configuration(state, function, latest, None)

    def get_function(self, params: dict[str, Any]) -> dict[str, Any]:
        """Configuration, tags, and where the bytes of exactly this version can be fetched."""
        function, ref = self._state.find(params["FunctionName"], params.get("Qualifier"))
        version = self._state.version_of(function, ref.qualifier)
        answer: dict[str, Any] = {
            "Configuration": function_configuration(self._state, function, version, ref.qualifier),
        }
        if version.configuration["PackageType"] == "Image":
            answer["Code"] = copied(version.code.location)
        else:
            answer["Code"] = {
                "RepositoryType": "S3",
                "Location": self._locate(function.name, version.code.body),
                **copied(version.code.location),
            }
        if function.tags:
            answer["Tags"] = dict(function.tags)
        if function.reserved_concurrency is not None:
            answer["Concurrency"] = {"ReservedConcurrentExecutions": function.reserved_concurrency}
        return answer

    def get_function_configuration(self, params: dict[str, Any]) -> dict[str, Any]:
        """The configuration of $LATEST, a version, or an alias' main version."""
        function, ref = self._state.find(params["FunctionName"], params.get("Qualifier"))
        version = self._state.version_of(function, ref.qualifier)
        return function_configuration(self._state, function, version, ref.qualifier)

    def list_functions(self, params: dict[str, Any]) -> dict[str, Any]:
        """All functions by name, 50 a page; with FunctionVersion=ALL every version."""
        state = self._state
        listed = []
        for name in sorted(state.functions):
            function = state.functions[name]
            state.settle(function)
            every = params.get("FunctionVersion") == "ALL"
            versions = [function.latest, *(function.versions.values() if every else ())]
            listed += [
                listed_configuration(state, function, v, v.number if every else None)
                for v in versions
            ]
        found, marker = page(listed, params.get("Marker"), params.get("MaxItems"))
        return {"Functions": found, "NextMarker": marker}

    def update_function_code(self, params: dict[str, Any]) -> dict[str, Any]:
        """Replaces the code of $LATEST, or with DryRun only tells what it would become.

        DryRun computes the candidate's CodeSha256 and enforces code signing, and changes nothing.
        Source: AWS docs, API_UpdateFunctionCode (DryRun); stackd native capture 2026-09 (Enforce
        and unsigned in a dry run is refused). Whether it honours RevisionId was not measured: here
        it does.
        """
        state = self._state
        function, _ = state.find(params["FunctionName"])
        latest = function.latest
        state.require_revision(latest.revision_id, params.get("RevisionId"))
        self.require_idle(function)
        _require_kind(latest.configuration["PackageType"], params)
        code = self._source.take(
            params, attached_config(state, function), function_arn(state.world, function.name)
        )
        configuration = latest.configuration
        self._source.admit_layers(configuration, attached_config(state, function))
        if "Architectures" in params:
            configuration = {**configuration, "Architectures": list(params["Architectures"])}
        if params.get("DryRun"):
            candidate = Version(
                LATEST,
                code,
                configuration,
                latest.revision_id,
                latest.last_modified,
                latest.progress,
            )
            return function_configuration(state, function, candidate, None)
        latest.code = code
        latest.configuration = copied(configuration)
        self._begin_update(function)
        if params.get("Publish"):
            version = self.freeze(function, None)
            return function_configuration(state, function, version, version.number)
        return function_configuration(state, function, latest, None)

    def update_function_configuration(self, params: dict[str, Any]) -> dict[str, Any]:
        """Changes the configuration of $LATEST; a redundant update also rotates the RevisionId."""
        state = self._state
        function, _ = state.find(params["FunctionName"])
        latest = function.latest
        state.require_revision(latest.revision_id, params.get("RevisionId"))
        self.require_idle(function)
        configuration = copied(latest.configuration)
        apply_settings(configuration, params, state)
        if "Layers" in params:
            self._source.admit_layers(configuration, attached_config(state, function))
        latest.configuration = configuration
        self._begin_update(function)
        return function_configuration(state, function, latest, None)

    def delete_function(self, params: dict[str, Any]) -> dict[str, Any]:
        """Deletes a function with all it holds, or one version that no alias uses."""
        state = self._state
        ref = parse_name(state.world, params["FunctionName"], params.get("Qualifier"))
        if ref.qualifier == LATEST:
            raise invalid("$LATEST version cannot be deleted without deleting the function.")
        if ref.qualifier is not None and not ref.qualifier.isdigit():
            raise invalid("Deletion of aliases is not currently supported.")
        # The ARN in the 404 is unqualified: LocalStack AWS-validated snapshot 2025-11
        # (test_delete_on_nonexisting_version).
        function, _ = state.find(ref.name)
        if ref.qualifier is None:
            del state.functions[function.name]
        else:
            _delete_version(function, ref.qualifier, function_arn(state.world, function.name))
        return {"StatusCode": 204}

    def freeze(self, function: Function, description: str | None) -> Version:
        """Makes a version of $LATEST as it stands: its own copy of bytes and configuration.

        $LATEST gets a new RevisionId. Source: LocalStack AWS-validated snapshot 2025-11
        (test_version_lifecycle); stackd native capture 2026-09.
        """
        state, latest = self._state, function.latest
        state.require_storage(latest.code.size_bytes)
        configuration = copied(latest.configuration)
        if description is not None:
            configuration["Description"] = description
        version = Version(
            number=str(function.next_number),
            code=latest.code,
            configuration=configuration,
            revision_id=state.new_id(),
            last_modified=latest.last_modified,
        )
        if configuration["SnapStart"]["ApplyOn"] == "PublishedVersions":
            configuration["SnapStart"]["OptimizationStatus"] = "On"
        if latest.progress.busy or configuration["SnapStart"]["ApplyOn"] == "PublishedVersions":
            version.progress = Progress("Pending", None)
            state.start(version, state.world.timing.publish_s)
            if latest.progress.due is not None:
                version.progress.due = latest.progress.due
        function.next_number += 1
        function.versions[version.number] = version
        function.published = (version.number, fingerprint(latest))
        latest.revision_id = state.new_id()
        return version

    def require_idle(self, function: Function) -> None:
        """Refuses while Lambda still works on the function.

        Source: LocalStack AWS-validated snapshot (409 for an update in progress); AWS docs,
        lambda/latest/dg/functions-states.html (409 while Pending).
        """
        progress = function.latest.progress
        if progress.state == "Pending":
            raise ApiError(
                "ResourceConflictException",
                "The operation cannot be performed at this time. "
                "The function is currently in the following state: Pending",
                409,
            )
        if progress.busy:
            raise ApiError(
                "ResourceConflictException",
                "The operation cannot be performed at this time. An update is in progress for "
                f"resource: {function_arn(self._state.world, function.name)}",
                409,
            )

    def _begin_update(self, function: Function) -> None:
        state, latest = self._state, function.latest
        latest.revision_id = state.new_id()
        latest.last_modified = state.world.clock.now()
        latest.progress = Progress("Active", "InProgress")
        state.start(
            latest, state.world.timing.update_s, state.next_failures.pop(function.name, None)
        )


def own_configuration(state: LambdaState, function: Function, version: Version) -> dict[str, Any]:
    """A version's configuration under its own ARN."""
    return function_configuration(state, function, version, qualifier_of(version))


def _require_basics(params: dict[str, Any]) -> None:
    """A zip needs a handler and a runtime. Source: AWS docs, API_CreateFunction."""
    _require_kind(params.get("PackageType", "Zip"), params["Code"])
    if params.get("PackageType", "Zip") == "Image":
        if "CodeSigningConfigArn" in params:
            raise invalid(IMAGE_UNSIGNED)
        return
    if "Runtime" not in params or "Handler" not in params:
        raise invalid(
            "Runtime and Handler are mandatory parameters for functions created with deployment "
            "packages."
        )


def _require_kind(package_type: str, code: dict[str, Any]) -> None:
    """An image is deployed by its URI, a zip never. Source: AWS docs, API_UpdateFunctionCode."""
    if package_type == "Image" and "ImageUri" not in code:
        raise invalid("Please provide ImageUri when updating a function with packageType Image.")
    if package_type == "Zip" and "ImageUri" in code:
        raise invalid(
            "Please don't provide ImageUri when updating a function with packageType Zip."
        )


def _delete_version(function: Function, number: str, arn: str) -> None:
    """A version that an alias points to stays. Source: AWS docs, API_DeleteFunction (Qualifier)."""
    users = sorted(
        alias.name
        for alias in function.aliases.values()
        if number == alias.version or number in alias.weights
    )
    if users:
        raise ApiError(
            "ResourceConflictException",
            f"Version {arn}:{number} cannot be deleted: it is used by the alias "
            f"{', '.join(users)}.",
            409,
        )
    function.versions.pop(number, None)
    function.policies.pop(number, None)
    function.provisioned.pop(number, None)
    if function.published is not None and function.published[0] == number:
        function.published = None

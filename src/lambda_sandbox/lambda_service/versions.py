"""Versions: publish and list.

May import core and the modules of this package. Source: LocalStack AWS-validated snapshot 2025-11
(TestLambdaVersions).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambda_sandbox.lambda_service.configuration import (
    fingerprint,
    function_configuration,
    listed_configuration,
)
from lambda_sandbox.lambda_service.names import invalid
from lambda_sandbox.lambda_service.pages import page

if TYPE_CHECKING:
    from lambda_sandbox.lambda_service.functions import FunctionOperations
    from lambda_sandbox.lambda_service.state import LambdaState


class VersionOperations:
    """PublishVersion and ListVersionsByFunction."""

    def __init__(self, state: LambdaState, functions: FunctionOperations) -> None:
        self._state = state
        self._functions = functions

    def publish_version(self, params: dict[str, Any]) -> dict[str, Any]:
        """Freezes $LATEST; without a change since the last version answers 201 with that one.

        A wrong CodeSha256 is 400, a stale RevisionId 412, an update in progress 409 (the last one
        is known from practice, not from a capture).
        """
        state = self._state
        function, _ = state.find(params["FunctionName"])
        latest = function.latest
        state.require_revision(latest.revision_id, params.get("RevisionId"))
        expected = params.get("CodeSha256")
        if expected and expected != latest.code.sha256:
            raise invalid(
                f"CodeSHA256 ({expected}) is different from current CodeSHA256 in $LATEST "
                f"({latest.code.sha256}). Please try again with the CodeSHA256 in $LATEST."
            )
        self._functions.require_idle(function)
        if function.published is not None and function.published[1] == fingerprint(latest):
            version = function.versions[function.published[0]]
        else:
            version = self._functions.freeze(function, params.get("Description"))
        return function_configuration(state, function, version, version.number)

    def list_versions_by_function(self, params: dict[str, Any]) -> dict[str, Any]:
        """$LATEST first, then by number, 50 a page, without states."""
        state = self._state
        function, _ = state.find(params["FunctionName"])
        versions = [
            function.latest,
            *sorted(function.versions.values(), key=lambda version: int(version.number)),
        ]
        listed = [listed_configuration(state, function, v, v.number) for v in versions]
        found, marker = page(listed, params.get("Marker"), params.get("MaxItems"))
        return {"Versions": found, "NextMarker": marker}

"""Tags of functions, event source mappings and code-signing configurations.

May import core and the modules of this package. Source: LocalStack AWS-validated snapshot 2025-11
(TestLambdaTag, TestLambdaTags).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambda_sandbox.core import ApiError
from lambda_sandbox.lambda_service.names import function_not_found, invalid

if TYPE_CHECKING:
    from lambda_sandbox.lambda_service.state import LambdaState

TAG_LIMIT = 50
_ARN_PARTS = 7


class TagOperations:
    """TagResource, UntagResource, ListTags."""

    def __init__(self, state: LambdaState) -> None:
        self._state = state

    def tag_resource(self, params: dict[str, Any]) -> dict[str, Any]:
        """Adds or replaces tags; at most fifty."""
        tags = self._tags(params["Resource"])
        if not params["Tags"]:
            raise invalid("An error occurred and the request cannot be processed.")
        if len({**tags, **params["Tags"]}) > TAG_LIMIT:
            raise invalid("Number of tags exceeds resource tag limit.")
        tags.update(params["Tags"])
        self._rotate(params["Resource"])
        return {}

    def untag_resource(self, params: dict[str, Any]) -> dict[str, Any]:
        """Removes tags; unknown ones are fine."""
        tags = self._tags(params["Resource"])
        for key in params["TagKeys"]:
            tags.pop(key, None)
        self._rotate(params["Resource"])
        return {}

    def list_tags(self, params: dict[str, Any]) -> dict[str, Any]:
        """The tags."""
        return {"Tags": dict(self._tags(params["Resource"]))}

    def _rotate(self, arn: str) -> None:
        """Tagging changes the RevisionId of $LATEST.

        Source: LocalStack AWS-validated snapshot 2025-11 (TestLambdaTags::test_tag_lifecycle).
        """
        function = self._state.functions.get(arn.rpartition(":")[2])
        if function is not None and ":function:" in arn:
            function.latest.revision_id = self._state.new_id()

    def _tags(self, arn: str) -> dict[str, str]:
        state, parts = self._state, arn.split(":")
        kind, name = parts[5], parts[6]
        if kind == "function":
            if len(parts) > _ARN_PARTS:
                raise invalid(
                    "Tags on function aliases and versions are not supported. Please specify a "
                    "function ARN."
                )
            if name not in state.functions:
                raise function_not_found(arn)
            return state.functions[name].tags
        if kind == "code-signing-config" and arn in state.code_signing_configs:
            return state.code_signing_configs[arn].tags
        if kind == "event-source-mapping" and name in state.mapping_tags:
            return state.mapping_tags[name]
        spelled = kind.replace("-", " ").capitalize()
        raise ApiError("ResourceNotFoundException", f"{spelled} not found: {arn}", 404)

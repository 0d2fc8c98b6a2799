"""Resource policies, one per qualifier: statement by statement, or as a whole document.

May import core and the modules of this package. Source: LocalStack AWS-validated snapshots 2022-09
and 2025-11 (TestLambdaPermissions); whole documents (API version 2026-07-09): botocore model, AWS
docs, stackd native capture 2026-09 (Deny is taken, the document replaces everything).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from lambda_sandbox.core import ApiError
from lambda_sandbox.lambda_service.names import (
    LATEST,
    alias_not_found,
    function_arn,
    function_not_found,
    invalid,
    parse_name,
    stale_revision,
)
from lambda_sandbox.lambda_service.state import Alias, Function, Policy, Version, copied

if TYPE_CHECKING:
    from lambda_sandbox.lambda_service.state import LambdaState

_ACCOUNT = re.compile(r"\d{12}")
_ALIAS = re.compile(r"(?!\d+$)[A-Za-z0-9_-]+")
_CONDITIONS = (
    ("SourceAccount", "StringEquals", "AWS:SourceAccount"),
    ("EventSourceToken", "StringEquals", "lambda:EventSourceToken"),
    ("FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"),
    ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
    ("SourceArn", "ArnLike", "AWS:SourceArn"),
)


class PolicyOperations:
    """AddPermission, RemovePermission, GetPolicy and the three of ResourcePolicy."""

    def __init__(self, state: LambdaState) -> None:
        self._state = state

    def add_permission(self, params: dict[str, Any]) -> dict[str, Any]:
        """Adds one statement; the revision of what the policy hangs on rotates."""
        state = self._state
        function, ref = self._find(params)
        if ref == LATEST:
            raise invalid("We currently do not support adding policies for $LATEST.")
        resource = self._resource(function, ref)
        policy = function.policies.get(ref)
        self._require_revision(params, ref, resource, policy)
        statement = _statement(params, function_arn(state.world, function.name, ref))
        statements = policy.statements if policy is not None else []
        if any(known.get("Sid") == statement["Sid"] for known in statements):
            raise ApiError(
                "ResourceConflictException",
                f"The statement id ({statement['Sid']}) provided already exists. Please provide a "
                "new statement id, or remove the existing statement.",
                409,
            )
        self._store(function, ref, resource, [*statements, statement])
        return {"Statement": _dump(statement)}

    def remove_permission(self, params: dict[str, Any]) -> dict[str, Any]:
        """Removes one statement; with the last one the policy is gone."""
        state, id_ = self._state, params["StatementId"]
        name = parse_name(state.world, params["FunctionName"], params.get("Qualifier")).name
        if name not in state.functions:
            arn = function_arn(state.world, name)
            raise ApiError("ResourceNotFoundException", f"No policy found for: {arn}", 404)
        function, ref = self._find(params)
        resource = self._resource(function, ref)
        policy = function.policies.get(ref)
        if policy is None:
            raise _no_policy()
        left = [known for known in policy.statements if known.get("Sid") != id_]
        if len(left) == len(policy.statements):
            raise ApiError(
                "ResourceNotFoundException",
                f"Statement {id_} is not found in resource policy.",
                404,
            )
        self._require_revision(params, ref, resource, policy)
        self._store(function, ref, resource, left)
        return {}

    def get_policy(self, params: dict[str, Any]) -> dict[str, Any]:
        """The policy of exactly this qualifier: an alias' is not part of the unqualified one."""
        state = self._state
        ref = parse_name(state.world, params["FunctionName"], params.get("Qualifier"))
        function = state.functions.get(ref.name)
        policy = function.policies.get(ref.qualifier) if function is not None else None
        if policy is None:
            raise _no_resource()
        return {"Policy": _dump(_document(policy)), "RevisionId": policy.revision_id}

    def put_resource_policy(self, params: dict[str, Any]) -> dict[str, Any]:
        """Replaces the whole policy, statements of triggers included.

        Raises:
            ApiError: Not a policy document, a stale RevisionId, or no such resource.
        """
        function, ref = self._of_arn(params)
        resource = self._resource(function, ref)
        self._require_revision(params, ref, resource, function.policies.get(ref))
        try:
            document = json.loads(params["Policy"])
            statements = document["Statement"]
        except (ValueError, TypeError, KeyError) as exc:
            raise invalid("The policy is not a valid JSON policy document.") from exc
        statements = [statements] if isinstance(statements, dict) else statements
        if not isinstance(statements, list) or not all(map(_sound, statements)):
            raise invalid("The policy has an invalid statement.")
        policy = self._store(function, ref, resource, statements)
        if policy is None:
            raise invalid("The policy has no statement.")
        policy.document = {key: value for key, value in document.items() if key != "Statement"}
        return {"Policy": _dump(_document(policy)), "RevisionId": policy.revision_id}

    def get_resource_policy(self, params: dict[str, Any]) -> dict[str, Any]:
        """The whole policy."""
        function, ref = self._of_arn(params)
        policy = function.policies.get(ref)
        if policy is None:
            raise _no_resource()
        return {"Policy": _dump(_document(policy)), "RevisionId": policy.revision_id}

    def delete_resource_policy(self, params: dict[str, Any]) -> dict[str, Any]:
        """Removes the whole policy."""
        function, ref = self._of_arn(params)
        policy = function.policies.get(ref)
        if policy is None:
            raise _no_policy()
        resource = self._resource(function, ref)
        self._require_revision(params, ref, resource, policy)
        self._store(function, ref, resource, [])
        return {}

    def _find(self, params: dict[str, Any]) -> tuple[Function, str | None]:
        ref = parse_name(self._state.world, params["FunctionName"], params.get("Qualifier"))
        function, _ = self._state.find(ref.name)
        return function, ref.qualifier

    def _of_arn(self, params: dict[str, Any]) -> tuple[Function, str | None]:
        return self._find({"FunctionName": params["ResourceArn"]})

    def _resource(self, function: Function, ref: str | None) -> Version | Alias:
        """What the policy hangs on: $LATEST stands for the unqualified function."""
        if ref in {None, LATEST}:
            return function.latest
        found = function.aliases.get(str(ref)) or function.versions.get(str(ref))
        if found is None:
            arn = function_arn(self._state.world, function.name, ref)
            raise alias_not_found(arn) if _ALIAS.fullmatch(str(ref)) else function_not_found(arn)
        return found

    def _require_revision(
        self,
        params: dict[str, Any],
        ref: str | None,
        resource: Version | Alias,
        policy: Policy | None,
    ) -> None:
        """The function's or alias' revision fits, and so does the policy's own.

        Source: LocalStack AWS-validated snapshot 2025-11 (test_lambda_permission_fn_versioning: the
        policy keeps its RevisionId when publishing rotates the function's).
        """
        given = params.get("RevisionId")
        known = {resource.revision_id, policy.revision_id if policy is not None else None}
        if given is not None and given not in known:
            raise stale_revision("GetPolicy" if ref is not None else "GetFunction/GetAlias")

    def _store(
        self,
        function: Function,
        ref: str | None,
        resource: Version | Alias,
        statements: list[dict[str, Any]],
    ) -> Policy | None:
        resource.revision_id = self._state.new_id()
        if not statements:
            function.policies.pop(ref, None)
            return None
        before = function.policies.get(ref)
        policy = Policy(
            copied(statements),
            resource.revision_id,
            before.document if before is not None else None,
        )
        function.policies[ref] = policy
        return policy


def _statement(params: dict[str, Any], arn: str) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Sid": params["StatementId"],
        "Effect": "Allow",
        "Principal": _principal(params["Principal"]),
        "Action": params["Action"],
        "Resource": arn,
    }
    conditions: dict[str, dict[str, str]] = {}
    for name, operator, key in _CONDITIONS:
        if name in params:
            conditions.setdefault(operator, {})[key] = params[name]
    if "InvokedViaFunctionUrl" in params:
        spelled = "true" if params["InvokedViaFunctionUrl"] else "false"
        conditions.setdefault("Bool", {})["lambda:InvokedViaFunctionUrl"] = spelled
    if conditions:
        statement["Condition"] = conditions
    return statement


def _principal(spelled: str) -> str | dict[str, str]:
    if spelled == "*":
        return "*"
    if _ACCOUNT.fullmatch(spelled):
        return {"AWS": f"arn:aws:iam::{spelled}:root"}
    if spelled.startswith("arn:"):
        return {"AWS": spelled}
    if spelled.endswith((".amazonaws.com", ".amazon.com")):
        return {"Service": spelled}
    raise invalid("The provided principal was invalid. Please check the principal and try again.")


def _document(policy: Policy) -> dict[str, Any]:
    head = policy.document or {"Version": "2012-10-17", "Id": "default"}
    return {**head, "Statement": policy.statements}


def _sound(statement: object) -> bool:
    return isinstance(statement, dict) and statement.get("Effect") in {"Allow", "Deny"}


def _dump(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"))


def _no_policy() -> ApiError:
    return ApiError(
        "ResourceNotFoundException", "No policy is associated with the given resource.", 404
    )


def _no_resource() -> ApiError:
    return ApiError("ResourceNotFoundException", "The resource you requested does not exist.", 404)

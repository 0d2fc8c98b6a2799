"""Refuses calls that the caller's policies do not allow: Lambda, Signer, S3, what triggers, IAM.

Only callers that IAM knows are judged: a user with an access key made here, or a session of a role
made here. Any other key is the account itself and may do everything, as tests with plain
credentials expect. A Deny in the resource policy of a function or a bucket holds for everybody.

May import core, the parts of this package and Lambda's state. Source: AWS docs, IAM evaluation
logic; texts and the matrix of qualified invocations: stackd native capture 2026-09.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lambda_sandbox.core import ApiError
from lambda_sandbox.faults import SNS_DENIED
from lambda_sandbox.iam.evaluation import Statement, bounded, decide, statements_of
from lambda_sandbox.iam.resources import (
    events_access,
    iam_access,
    lambda_access,
    logs_access,
    s3_access,
    s3_on_behalf,
    signer_access,
    sns_access,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lambda_sandbox.core import World
    from lambda_sandbox.iam.evaluation import Decision
    from lambda_sandbox.iam.principals import Principal, Principals
    from lambda_sandbox.lambda_service.state import LambdaState

_ENFORCED = frozenset({"lambda", "signer", "s3", "sns", "events", "logs", "iam"})
_BY_PLACE = {
    "lambda": lambda_access,
    "signer": signer_access,
    "events": events_access,
    "logs": logs_access,
    "iam": iam_access,
}
_BY_PARAMS = {"s3": s3_access, "sns": sns_access}
_DENIED = {"sns": SNS_DENIED, "iam": "AccessDenied"}
_INVOKE = "lambda:InvokeFunction"


class Enforcement:
    """The check in front of the services."""

    def __init__(
        self,
        world: World,
        principals: Principals,
        bucket_policy: Callable[[str], Mapping[str, Any] | None],
    ) -> None:
        self._world = world
        self._bucket_policy = bucket_policy
        self._principals = principals
        self._identities = False

    def notice(self, service: str) -> None:
        """Remembers that identities may exist from now on; before, no key is looked up."""
        self._identities |= service in {"iam", "sts"}

    def require(
        self,
        service: str,
        operation: str,
        params: dict[str, Any],
        access_key: str,
        state: LambdaState,
    ) -> None:
        """Lets the call pass.

        Raises:
            ApiError: AccessDeniedException (S3: AccessDenied), 403.
        """
        if service not in _ENFORCED:
            return
        region, account = state.world.region, self._world.account
        if service in _BY_PLACE:
            action, resource = _BY_PLACE[service](operation, params, region, account)
        else:
            action, resource = _BY_PARAMS[service](operation, params)
        principal = self._principals.by_access_key(access_key) if self._identities else None
        caller = principal.arn if principal is not None else f"arn:aws:iam::{account}:root"
        granted = _resource_policy(state, action, resource, caller) if action == _INVOKE else []
        if service == "s3":
            granted = self._of_bucket(params.get("Bucket"), caller)
        context = _context(params, region, caller)
        decision = _decision(principal, granted, action, resource, context)
        if decision != "allowed":
            raise _refusal(service, caller, action, resource, decision)
        if principal is not None:
            self._require_s3(principal, service, operation, params, context)
        if operation == "CreateFunction" and principal is not None:
            self._require_pass_role(principal, params, caller)

    def require_may_assume(self, access_key: str, role: str) -> str:
        """The ARN of the caller, whose own policies let it assume a role of another account.

        Raises:
            ApiError: AccessDenied, 403.

        Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
        """
        principal = self._principals.by_access_key(access_key) if self._identities else None
        if principal is None:
            return f"arn:aws:iam::{self._world.account}:root"
        decision = _decision(principal, [], "sts:AssumeRole", role, {})
        if decision != "allowed":
            raise _assume_refused(principal.arn, role)
        return principal.arn

    def require_trusts(self, role: str, caller: str) -> None:
        """Does nothing where a role of this account exists and trusts the caller.

        Raises:
            ApiError: AccessDenied, 403: AWS does not tell the two apart.
        """
        policy = self._principals.trust_policy(role)
        statements = statements_of("trust policy", policy) if policy else []
        trusting = [
            s
            for s in statements
            if s.body.get("Effect") == "Allow"
            and s.body.get("Action") == "sts:AssumeRole"
            and any(_means(s.body.get("Principal"), arn) for arn in {caller, _role_of(caller)})
        ]
        if not trusting:
            raise _assume_refused(caller, role)

    def _of_bucket(self, bucket: str | None, caller: str) -> list[Statement]:
        """The statements of a bucket's policy, as far as they mean the caller."""
        policy = self._bucket_policy(bucket) if bucket else None
        statements = statements_of("bucket policy", policy) if policy else []
        return [s for s in statements if _means(s.body.get("Principal"), caller)]

    def _require_s3(
        self,
        principal: Principal,
        service: str,
        operation: str,
        params: dict[str, Any],
        context: Mapping[str, list[str]],
    ) -> None:
        """What the service reads and writes for the caller, the caller must be allowed to.

        Source: see `resources.s3_on_behalf`; Lambda's text from its documentation's
        troubleshooting pages, Signer's is not known and is S3's here.
        """
        for action, resource in s3_on_behalf(operation, params):
            if _decision(principal, [], action, resource, context) == "allowed":
                continue
            if service == "lambda":
                place = resource.rpartition(":::")[2]
                raise ApiError(
                    "AccessDeniedException",
                    "Your access has been denied by S3, please make sure your request credentials "
                    f"have permission to GetObject for {place}. S3 Error Code: AccessDenied. "
                    "S3 Error Message: Access Denied",
                    403,
                )
            raise ApiError("AccessDeniedException", "Access Denied", 403)

    def _require_pass_role(self, principal: Principal, params: dict[str, Any], caller: str) -> None:
        """Source: AWS docs, API_CreateFunction (iam:PassRole on the role)."""
        context = {"iam:PassedToService": ["lambda.amazonaws.com"]}
        role = params.get("Role", "")
        decision = _decision(principal, [], "iam:PassRole", role, context)
        if decision != "allowed":
            raise _refusal("lambda", caller, "iam:PassRole", role, decision)


def _decision(
    principal: Principal | None,
    granted: list[Statement],
    action: str,
    resource: str,
    context: Mapping[str, list[str]],
) -> Decision:
    """Within one account either policy may allow, and a Deny in either wins."""
    by_resource = decide(granted, action, resource, context).decision
    if by_resource == "explicitDeny":
        return by_resource
    if principal is None:
        return "allowed"
    limit = None
    if principal.boundary is not None:
        limit = decide(principal.boundary, action, resource, context)
    mine = bounded(decide(principal.statements, action, resource, context), limit).decision
    return by_resource if mine == "implicitDeny" else mine


def _resource_policy(
    state: LambdaState, action: str, resource: str, caller: str
) -> list[Statement]:
    """The statements of exactly the qualifier that is invoked, as far as they mean the caller."""
    del action
    parts = resource.split(":")
    function = state.functions.get(parts[6]) if len(parts) > 6 else None  # noqa: PLR2004 - of an ARN
    qualifier = parts[7] if len(parts) > 7 else None  # noqa: PLR2004 - as above
    policy = function.policies.get(qualifier) if function is not None else None
    if policy is None:
        return []
    return [
        Statement("resource policy", body)
        for body in policy.statements
        if _means(body.get("Principal"), caller)
    ]


def _means(principal: object, caller: str) -> bool:
    if principal == "*":
        return True
    named = principal.get("AWS", []) if isinstance(principal, dict) else []
    account = caller.split(":")[4]
    accepted = {"*", caller, account, f"arn:aws:iam::{account}:root"}
    return bool(accepted & set([named] if isinstance(named, str) else named))


def _role_of(caller: str) -> str:
    """The role's ARN of a session's; anybody else's as it is."""
    return re.sub(
        r"arn:aws:sts::(\d{12}):assumed-role/([^/]+)/.*", r"arn:aws:iam::\1:role/\2", caller
    )


def _assume_refused(caller: str, role: str) -> ApiError:
    return ApiError(
        "AccessDenied",
        f"User: {caller} is not authorized to perform: sts:AssumeRole on resource: {role}",
        403,
    )


def _context(params: dict[str, Any], region: str, caller: str) -> dict[str, list[str]]:
    context = {
        "aws:PrincipalArn": [caller],
        "aws:RequestedRegion": [region],
        "aws:SecureTransport": ["true"],  # a port of the sandbox stands for AWS's own, over TLS
    }
    if "Prefix" in params:
        context["s3:prefix"] = [params["Prefix"]]
    if "CodeSigningConfigArn" in params:
        context["lambda:CodeSigningConfigArn"] = [params["CodeSigningConfigArn"]]
    return context


def _refusal(service: str, caller: str, action: str, resource: str, decision: Decision) -> ApiError:
    if service == "s3":
        return ApiError("AccessDenied", "Access Denied", 403)
    reason = (
        f"because no identity-based policy allows the {action} action"
        if decision == "implicitDeny"
        else "with an explicit deny"
    )
    return ApiError(
        _DENIED.get(service, "AccessDeniedException"),
        f"User: {caller} is not authorized to perform: {action} on resource: {resource} {reason}",
        403,
    )

"""SimulatePrincipalPolicy and SimulateCustomPolicy, which moto does not implement.

May import the wire package, core, emulated and moto's IAM store. Source:
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from moto.iam.models import iam_backends

from lambda_sandbox.core import ApiError
from lambda_sandbox.iam.evaluation import Statement, bounded, decide, statements_of
from lambda_sandbox.wire.message import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambda_sandbox.emulated import Tenancy
    from lambda_sandbox.iam.evaluation import Verdict
    from lambda_sandbox.wire.message import Request

OPERATIONS = frozenset({"SimulatePrincipalPolicy", "SimulateCustomPolicy"})
_PRINCIPAL = re.compile(r"arn:aws:iam::(\d{12}):(user|role|group)/(?:.*/)?([^/]+)")


class PolicySimulation:
    """The two operations over the policies that moto stores."""

    def __init__(self, account: str, tenancy: Tenancy) -> None:
        self._account = account
        self._tenancy = tenancy

    def answer(self, operation: str, request: Request) -> Response:
        """The answer to a Query request.

        Raises:
            ApiError: NoSuchEntity, InvalidInput.
        """
        form = request.form
        statements: list[Statement] = []
        boundary: list[Statement] | None = None
        if operation == "SimulatePrincipalPolicy":
            with self._tenancy.active():
                statements, boundary = self._policies(form.get("PolicySourceArn", ""))
        for place, text in enumerate(_members(form, "PolicyInputList"), 1):
            statements += _parsed(f"PolicyInputList.{place}", text)
        for place, text in enumerate(_members(form, "PermissionsBoundaryPolicyInputList"), 1):
            boundary = (boundary or []) + _parsed(f"PermissionsBoundary.{place}", text)
        context = _context(form)
        results = []
        for action in _members(form, "ActionNames"):
            for resource in _members(form, "ResourceArns") or ["*"]:
                verdict = decide(statements, action, resource, context)
                limit = None if boundary is None else decide(boundary, action, resource, context)
                results.append(_result(action, resource, bounded(verdict, limit)))
        body = (
            f'<{operation}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
            f"<{operation}Result><IsTruncated>false</IsTruncated><EvaluationResults>"
            f"{''.join(results)}</EvaluationResults></{operation}Result><ResponseMetadata>"
            "<RequestId>1cdb5b0a-4c15-11e5-b121-bd8c7EXAMPLE</RequestId></ResponseMetadata>"
            f"</{operation}Response>"
        )
        return Response(200, body.encode(), {"Content-Type": "text/xml"})

    def _policies(self, arn: str) -> tuple[list[Statement], list[Statement] | None]:
        """The statements of a user (groups too), role or group, and its permissions boundary."""
        match = _PRINCIPAL.fullmatch(arn)
        if match is None or match[1] != self._account:
            raise ApiError("InvalidInput", f"Invalid Entity Arn: {arn}", 400)
        store: Any = iam_backends[self._account]["aws"]
        kind, name = match[2], match[3]
        if kind == "role":
            entity = next((r for r in store.roles.values() if r.name == name), None)
        else:
            entity = (store.users if kind == "user" else store.groups).get(name)
        if entity is None:
            raise ApiError("NoSuchEntity", f"The {kind} with name {name} cannot be found.", 404)
        holders = [entity]
        if kind == "user":
            holders += [group for group in store.groups.values() if entity in group.users]
        statements: list[Statement] = []
        for holder in holders:
            for policy, text in holder.policies.items():
                statements += _parsed(policy, text)
            for managed in holder.managed_policies.values():
                statements += _parsed(managed.name, _current(managed))
        limit = getattr(entity, "permissions_boundary_arn", None)
        if limit is None:
            return statements, None
        return statements, _parsed(limit, _current(store.get_policy(limit)))


def _current(managed: Any) -> str:  # noqa: ANN401 - moto's policy class is not typed for use
    """The document of a managed policy's default version."""
    chosen = managed.default_version_id
    return str(next(v.document for v in managed.versions if v.version_id == chosen))


def _parsed(policy: str, text: str) -> list[Statement]:
    try:
        return statements_of(policy, json.loads(text))
    except ValueError as exc:
        raise ApiError("InvalidInput", f"The policy {policy} is not valid JSON.", 400) from exc


def _members(form: Mapping[str, str], name: str) -> list[str]:
    """A list in Query form: name.member.1, name.member.2, ..."""
    found = []
    while (key := f"{name}.member.{len(found) + 1}") in form:
        found.append(form[key])
    return found


def _context(form: Mapping[str, str]) -> dict[str, list[str]]:
    context: dict[str, list[str]] = {}
    place = 1
    while (key := f"ContextEntries.member.{place}.ContextKeyName") in form:
        values = _members(form, f"ContextEntries.member.{place}.ContextKeyValues")
        context[form[key]] = values
        place += 1
    return context


def _result(action: str, resource: str, verdict: Verdict) -> str:
    matched = "".join(
        f"<member><SourcePolicyId>{escape(statement.policy)}</SourcePolicyId>"
        "<SourcePolicyType>IAM Policy</SourcePolicyType></member>"
        for statement in verdict.matched
    )
    missing = "".join(f"<member>{escape(key)}</member>" for key in sorted(verdict.missing))
    return (
        f"<member><EvalActionName>{escape(action)}</EvalActionName>"
        f"<EvalResourceName>{escape(resource)}</EvalResourceName>"
        f"<EvalDecision>{verdict.decision}</EvalDecision>"
        f"<MatchedStatements>{matched}</MatchedStatements>"
        f"<MissingContextValues>{missing}</MissingContextValues></member>"
    )

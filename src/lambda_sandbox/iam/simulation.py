"""SimulatePrincipalPolicy and SimulateCustomPolicy, which moto does not implement.

May import the wire package and this package. Source:
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from lambda_sandbox.iam.evaluation import bounded, decide
from lambda_sandbox.iam.principals import parsed
from lambda_sandbox.wire.message import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambda_sandbox.iam.evaluation import Statement, Verdict
    from lambda_sandbox.iam.principals import Principals
    from lambda_sandbox.wire.message import Request

OPERATIONS = frozenset({"SimulatePrincipalPolicy", "SimulateCustomPolicy"})


class PolicySimulation:
    """The two operations over the policies that moto stores."""

    def __init__(self, principals: Principals) -> None:
        self._principals = principals

    def answer(self, operation: str, request: Request) -> Response:
        """The answer to a Query request.

        Raises:
            ApiError: NoSuchEntity, InvalidInput.
        """
        form = request.form
        statements: list[Statement] = []
        boundary: list[Statement] | None = None
        if operation == "SimulatePrincipalPolicy":
            principal = self._principals.by_arn(form.get("PolicySourceArn", ""))
            statements, boundary = principal.statements, principal.boundary
        for place, text in enumerate(_members(form, "PolicyInputList"), 1):
            statements += parsed(f"PolicyInputList.{place}", text)
        for place, text in enumerate(_members(form, "PermissionsBoundaryPolicyInputList"), 1):
            boundary = (boundary or []) + parsed(f"PermissionsBoundary.{place}", text)
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


def _members(form: Mapping[str, str], name: str) -> list[str]:
    """A list in Query form: name.member.1, name.member.2, ..."""
    found: list[str] = []
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

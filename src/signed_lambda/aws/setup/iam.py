"""IAM: roles, the policies written into them, and GitHub's OIDC provider.

May import the package's own modules and the port. Never deletes, never attaches a managed policy.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from signed_lambda.aws.answer import Answer, NotAnAnswer, shown
from signed_lambda.aws.base import AwsBase
from signed_lambda.aws.call import Call, NotThere, not_there
from signed_lambda.aws.calls import Repeat
from signed_lambda.cloud import AlreadyExistsError
from signed_lambda.setup.account import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from signed_lambda.aws.call import Expected
    from signed_lambda.aws.refusals import Refusal
    from signed_lambda.setup.account import Document

_MISSING: Final[Mapping[str, Expected]] = {"NoSuchEntity": not_there}


def _taken(refusal: Refusal) -> Exception:
    return AlreadyExistsError(shown(refusal.message))


def _not_yet(refusal: Refusal) -> Exception:
    """IAM may not know at once what was made just now.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html (eventual
    consistency)
    """
    return Repeat("unclear", shown(f"{refusal.code}: {refusal.message}"))


class IamCalls(AwsBase):
    """Roles and the OIDC provider. Quotas keep each list below one page of 100."""

    def audiences(self, provider_arn: str) -> tuple[str, ...] | None:
        """GetOpenIDConnectProvider: its client ids; None when it does not exist.

        Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetOpenIDConnectProvider.html
        """
        call = self._iam("GetOpenIDConnectProvider", provider_arn, _MISSING)
        try:
            return self._calls.run(
                call,
                lambda: self._clients.iam().get_open_id_connect_provider(
                    OpenIDConnectProviderArn=provider_arn
                ),
                lambda answer: answer.texts("ClientIDList"),
            )
        except NotThere:
            return None

    def role(self, name: str) -> Role | None:
        """GetRole, ListRolePolicies, ListAttachedRolePolicies; None when it does not exist.

        Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html
        """
        iam = self._clients.iam
        try:
            trust = self._calls.run(
                self._of_role("GetRole", name, _MISSING),
                lambda: iam().get_role(RoleName=name),
                lambda answer: _document(answer.inside("Role"), "AssumeRolePolicyDocument"),
            )
            inline = self._calls.run(
                self._of_role("ListRolePolicies", name, _MISSING),
                lambda: iam().list_role_policies(RoleName=name),
                lambda answer: answer.texts("PolicyNames"),
            )
            attached = self._calls.run(
                self._of_role("ListAttachedRolePolicies", name, _MISSING),
                lambda: iam().list_attached_role_policies(RoleName=name),
                lambda answer: tuple(i.text("PolicyArn") for i in answer.items("AttachedPolicies")),
            )
        except NotThere:
            return None
        return Role(trust=trust, inline=inline, attached=attached)

    def role_policy(self, role: str, name: str) -> Document | None:
        """GetRolePolicy; None when the role or the policy does not exist.

        Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html
        """
        try:
            return self._calls.run(
                self._of_role("GetRolePolicy", role, _MISSING),
                lambda: self._clients.iam().get_role_policy(RoleName=role, PolicyName=name),
                lambda answer: _document(answer, "PolicyDocument"),
            )
        except NotThere:
            return None

    def make_provider(self, url: str, audience: str) -> None:
        """CreateOpenIDConnectProvider without a thumbprint: IAM fetches it.

        Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
        """
        arn = self._place.oidc_provider(url.removeprefix("https://"))
        call = self._iam("CreateOpenIDConnectProvider", arn, {"EntityAlreadyExists": not_there})
        try:
            self._calls.run(
                call,
                lambda: self._clients.iam().create_open_id_connect_provider(
                    Url=url, ClientIDList=[audience]
                ),
                lambda answer: answer.text("OpenIDConnectProviderArn"),
            )
        except NotThere:
            return  # it is there

    def make_role(self, name: str, description: str, trust: Document) -> None:
        """CreateRole; see the port.

        Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
        """
        self._calls.run(
            self._of_role("CreateRole", name, {"EntityAlreadyExists": _taken}),
            lambda: self._clients.iam().create_role(
                RoleName=name, Description=description, AssumeRolePolicyDocument=json.dumps(trust)
            ),
            lambda answer: answer.inside("Role").text("Arn"),
        )

    def set_trust(self, role: str, trust: Document) -> None:
        """UpdateAssumeRolePolicy.

        Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html
        """
        self._calls.run(
            self._of_role("UpdateAssumeRolePolicy", role, {"NoSuchEntity": _not_yet}),
            lambda: self._clients.iam().update_assume_role_policy(
                RoleName=role, PolicyDocument=json.dumps(trust)
            ),
            _nothing,
        )

    def put_role_policy(self, role: str, name: str, policy: Document) -> None:
        """PutRolePolicy.

        Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
        """
        self._calls.run(
            self._of_role("PutRolePolicy", role, {"NoSuchEntity": _not_yet}),
            lambda: self._clients.iam().put_role_policy(
                RoleName=role, PolicyName=name, PolicyDocument=json.dumps(policy)
            ),
            _nothing,
        )

    def _of_role(self, operation: str, role: str, expected: Mapping[str, Expected]) -> Call:
        return self._iam(operation, self._place.role(role), expected)

    def _iam(self, operation: str, resource: str, expected: Mapping[str, Expected]) -> Call:
        name = f"iam:{operation}"
        return Call(operation=name, action=name, resource=resource, expected=expected)


def _document(answer: Answer, name: str) -> Document:
    """A policy, which botocore has decoded.

    Raises:
        NotAnAnswer: It is missing, or no JSON.
    """
    value = answer.members.get(name)
    if not isinstance(value, dict):
        raise NotAnAnswer(f"'{name}' is not a policy")
    return dict(value)


def _nothing(_: Answer) -> None:
    """The answer of a write that has no members."""

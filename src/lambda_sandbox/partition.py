"""Several accounts that see each other as AWS's do; a sandbox alone is one account of its own.

What crosses from one to another: who assumes a role of another account, with both accounts' leave,
gets keys that lead there; Signer's profiles and jobs are known by their account, and a revocation
holds in every account and region. S3, Lambda and IAM stay each account's own.

May import the wire package, core, Signer's state and, for types, the gateway.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
https://docs.aws.amazon.com/signer/latest/developerguide/revocation.html
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from lambda_sandbox.signer.state import State

if TYPE_CHECKING:
    from lambda_sandbox.gateway import Gateway
    from lambda_sandbox.wire.message import Request, Response

_SNAPSHOT = re.compile(r".*/snapshots/(?P<account>[0-9]{12})/")
_NEW_KEY = re.compile(rb"<AccessKeyId>([A-Z0-9]+)</AccessKeyId>")


class Partition:
    """The accounts, and whose keys are whose.

    Attributes:
        signer_states: What Signer remembers, by region, of all accounts.
    """

    def __init__(self) -> None:
        self._gateways: dict[str, Gateway] = {}
        self._keys: dict[str, str] = {}
        self.signer_states: dict[str, State] = defaultdict(State)

    def join(self, account: str, gateway: Gateway) -> None:
        """Another account.

        Raises:
            ValueError: It is there already.
        """
        if account in self._gateways:
            raise ValueError(f"account {account} is there already")
        self._gateways[account] = gateway

    def is_abroad(self, account: str, home: str) -> bool:
        """Whether an account has a sandbox of its own, another one than `home`."""
        return account != home and account in self._gateways

    def gateway_of(self, request: Request) -> Gateway | None:
        """Whose request it is by its key or, of a presigned URL, its path; None: the receiver's."""
        match = _SNAPSHOT.match(request.path)
        scope = request.scope
        account = match["account"] if match else self._keys.get(scope.access_key if scope else "")
        return self._gateways.get(account or "")

    def role_elsewhere(self, request: Request, home: str) -> tuple[Gateway, str] | None:
        """The account and the role, when a role of another account is to be assumed."""
        if request.form.get("Action") != "AssumeRole":
            return None
        arn = request.form.get("RoleArn", "")
        account = arn.split(":")[4] if arn.count(":") >= 5 else ""  # noqa: PLR2004 - of an ARN
        return (self._gateways[account], arn) if self.is_abroad(account, home) else None

    def remember(self, account: str, response: Response) -> None:
        """Keys that were given out lead to the account."""
        if found := _NEW_KEY.search(response.body):
            self._keys[found[1].decode()] = account

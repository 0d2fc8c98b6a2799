"""What the calls of every service share: the clients, the loop, the place.

May import the package's own modules. Holds no decision of the chain.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from signed_lambda.aws.answer import NotAnAnswer
from signed_lambda.aws.call import UNKNOWN, Call, Place
from signed_lambda.aws.session import Keys
from signed_lambda.cloud import Identity
from signed_lambda.lazy import regex

if TYPE_CHECKING:
    from signed_lambda.aws.answer import Answer
    from signed_lambda.aws.calls import Calls
    from signed_lambda.aws.session import Clients

_ACCOUNT: Final = regex(r"[0-9]{12}")
_SESSION: Final = "signed-lambda-deploy"
_SESSION_S: Final = 3600
_ARN: Final = regex(r"arn:(?P<partition>[a-z0-9-]+):[^\s]+")


class AwsBase:
    """The clients, and who we are once it is known."""

    def __init__(self, clients: Clients, calls: Calls) -> None:
        """Takes the clients and the loop that sends their calls."""
        self._clients = clients
        self._calls = calls
        self._place = Place(clients.partition, clients.region)
        self._who = threading.Lock()
        calls.account = self._known_account

    def identity(self) -> Identity:
        """STS GetCallerIdentity; it needs no permission.

        Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
        """
        with self._who:
            return self._ask_identity()

    def _ask_identity(self) -> Identity:
        call = Call(operation="sts:GetCallerIdentity", action="sts:GetCallerIdentity", resource="*")
        identity = self._calls.run(call, self._clients.sts.get_caller_identity, self._read_identity)
        self._place = self._place.of_account(identity.account)
        return identity

    def account(self) -> str:
        """The account of the credentials; asked once, also by several at the same time."""
        with self._who:
            known = self._place.account
            return self._ask_identity().account if known == UNKNOWN else known

    def _assumed(self, role: str) -> Keys:
        """STS AssumeRole: the keys of a session of an hour.

        Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (a role that
        assumes another one: at most one hour)
        """
        call = Call(
            operation="sts:AssumeRole",
            action="sts:AssumeRole",
            resource=role,
            hint="The role's own trust policy must name this role, too",
        )
        return self._calls.run(
            call,
            lambda: self._clients.sts.assume_role(
                RoleArn=role, RoleSessionName=_SESSION, DurationSeconds=_SESSION_S
            ),
            _read_keys,
        )

    def _known_account(self) -> str:
        """The account, UNKNOWN before it is asked for; waits for an answer that is under way."""
        with self._who:
            return self._place.account

    def _read_identity(self, answer: Answer) -> Identity:
        account, arn = answer.text("Account"), answer.text("Arn")
        form = _ARN.fullmatch(arn)
        if not _ACCOUNT.fullmatch(account):
            raise NotAnAnswer("'Account' is not 12 digits")
        if form is None:
            raise NotAnAnswer("'Arn' is not an ARN")
        return Identity(account, arn, self._clients.region, form["partition"])


def _read_keys(answer: Answer) -> Keys:
    keys = answer.inside("Credentials")
    return Keys(keys.text("AccessKeyId"), keys.text("SecretAccessKey"), keys.text("SessionToken"))

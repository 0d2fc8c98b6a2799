"""GitHub's OIDC provider: one for the account, shared by all who use GitHub Actions."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from signed_lambda.errors import AccessError
from signed_lambda.setup.items import Item, unseen
from signed_lambda.setup.wanted import AUDIENCE, ISSUER

if TYPE_CHECKING:
    from signed_lambda.setup.account import Account
    from signed_lambda.setup.wanted import Wanted

PART: Final = "OIDC provider"


def look(account: Account, wanted: Wanted) -> tuple[Item, ...]:
    """Whether the account knows GitHub's tokens for AWS."""
    try:
        audiences = account.audiences(wanted.provider_arn)
    except AccessError as error:
        return (unseen(PART, error),)
    if audiences is None:
        return (
            Item(
                part=PART,
                state="missing",
                what=f"no {ISSUER}",
                make=partial(account.make_provider, f"https://{ISSUER}", AUDIENCE),
                needs=("iam:CreateOpenIDConnectProvider",),
            ),
        )
    if AUDIENCE not in audiences:
        return (
            Item(
                part=PART,
                state="differs",
                what=f"{ISSUER} does not take the audience {AUDIENCE}",
                do="Its owner can add it: aws iam add-client-id-to-open-id-connect-provider"
                f" --open-id-connect-provider-arn {wanted.provider_arn} --client-id {AUDIENCE}",
            ),
        )
    return (Item(part=PART, state="ok", what=ISSUER),)

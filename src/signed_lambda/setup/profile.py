"""The signing profile. Its name is taken for ever, so it is said before it is chosen.

Source: stackd native capture 2026-09: a name that was used once is refused, also after the profile
was canceled.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from signed_lambda.cloud import AlreadyExistsError
from signed_lambda.errors import AccessError, SetupError
from signed_lambda.setup.account import PLATFORM
from signed_lambda.setup.items import Item, unseen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from signed_lambda.setup.account import Account
    from signed_lambda.setup.wanted import Wanted

PART: Final = "signing profile"
_ANOTHER: Final = "The name is used up for ever: choose another one with --profile"


def look(account: Account, wanted: Wanted) -> tuple[Item, ...]:
    """Whether there is an active profile for Lambda with this name."""
    name = wanted.profile
    try:
        found = account.profile(name, None)
    except AccessError as error:
        return (unseen(PART, error),)
    if found is None:
        return (
            Item(
                part=PART,
                state="missing",
                what=f"nobody has taken the name {name}; it can never be given back, not even by"
                " cancelling the profile",
                do="" if wanted.profile_said else f"Choose the name: --apply --profile {name}",
                make=partial(_take, account, wanted),
                needs=("signer:PutSigningProfile",),
            ),
        )
    if found.platform != PLATFORM:
        return (
            Item(
                part=PART,
                state="differs",
                what=f"{name} is of platform {found.platform}, not {PLATFORM}",
                do=_ANOTHER,
                blocks=True,
            ),
        )
    if found.status != "Active":
        return (
            Item(
                part=PART,
                state="differs",
                what=f"{name} was {found.status.lower()}",
                do=_ANOTHER,
                blocks=True,
            ),
        )
    return (Item(part=PART, state="ok", what=f"{name}, version {found.version}"),)


def require_said(wanted: Wanted, items: Iterable[Item]) -> None:
    """Lets `--apply` go on only with a name that is taken already, or that the user said.

    Raises:
        SetupError: E-SETUP-04.
    """
    if not wanted.profile_said and any(i.part == PART and i.state == "missing" for i in items):
        raise SetupError.of(
            "E-SETUP-04",
            f"the signing profile's name was not chosen; {wanted.profile} would be taken for ever,"
            " even if the profile is canceled later",
            f"Say it: --profile {wanted.profile}, or another name",
        )


def _take(account: Account, wanted: Wanted) -> None:
    try:
        account.make_profile(wanted.profile, {"signed-lambda-deploy": wanted.function})
    except AlreadyExistsError:
        return  # by us, and the answer was lost; or by others: what it is, is looked at next

"""Code signing on the function: a configuration that enforces and names the profile, attached.

A configuration that others attached is never touched: it may hold for other functions, too. By
`--change code-signing` one of our own is attached in its place. Attaching comes last of all that is
made in AWS: from then on Lambda refuses code that the profile did not sign.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.errors import AccessError, ProfileError
from signed_lambda.setup.items import Item, unseen

if TYPE_CHECKING:
    from signed_lambda.cloud import CodeSigning, SigningProfile
    from signed_lambda.setup.account import Account
    from signed_lambda.setup.wanted import Wanted

PART: Final = "code signing"
_NEEDS: Final = (
    "lambda:ListCodeSigningConfigs",
    "lambda:CreateCodeSigningConfig",
    "lambda:PutFunctionCodeSigningConfig",
)


def look(account: Account, wanted: Wanted) -> tuple[Item, ...]:
    """Whether the function takes only what the profile signed."""
    try:
        if account.function(wanted.function) is None:
            return (Item(part=PART, state="missing", what="no function to attach it to"),)
        attached = account.code_signing(wanted.function)
        profile = account.profile(wanted.profile, None)
    except AccessError as error:
        return (unseen(PART, error),)
    if attached is None:
        return (
            Item(
                part=PART,
                state="missing",
                what=f"no configuration is attached to {wanted.function}: it takes unsigned code",
                do="--apply attaches one; then Lambda refuses code that the profile did not sign",
                make=lambda: _attach(account, wanted),
                needs=_NEEDS,
            ),
        )
    wrong = _wrong(attached, profile)
    if wrong:
        return (
            Item(
                part=PART,
                state="differs",
                what=f"{attached.arn} {wrong}",
                do="Ask who attached it, or attach a new one in its place, for this function only",
                make=lambda: _attach(account, wanted),
                needs=_NEEDS,
                change="code-signing",
            ),
        )
    others = len(attached.allowed_publishers) - 1
    also = (
        f"; {others} other publisher{'s' if others > 1 else ''} may deploy, too" if others else ""
    )
    return (Item(part=PART, state="ok", what=f"Enforce, {wanted.profile}{also}"),)


def _wrong(attached: CodeSigning, profile: SigningProfile | None) -> str:
    """What is wrong with a configuration that is attached; "" for nothing."""
    if attached.policy != "Enforce":
        return f"has policy {attached.policy}: it lets unsigned code pass"
    if profile is None:
        return "does not name the profile, which does not exist"
    if profile.version_arn not in attached.allowed_publishers:
        return f"does not name {profile.version_arn}"
    return ""


def _attach(account: Account, wanted: Wanted) -> None:
    """Makes a configuration, or finds the one that an interrupted setup made, and attaches it.

    Raises:
        ProfileError: E-PROFILE-01, the profile is gone.
    """
    profile = account.profile(wanted.profile, None)
    if profile is None or profile.status != "Active":
        raise ProfileError.of(
            "E-PROFILE-01",
            f"signing profile {wanted.profile!r} is not there, or not active",
            "Find out who changed it, and run setup again",
        )
    arn = account.make_code_signing(wanted.description, profile.version_arn)
    account.attach_code_signing(wanted.function, arn)

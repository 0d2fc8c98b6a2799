"""The function: it has to be there; setup makes none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.errors import AccessError
from signed_lambda.setup.items import Item, unseen

if TYPE_CHECKING:
    from signed_lambda.setup.account import Account
    from signed_lambda.setup.wanted import Wanted

PART: Final = "function"


def look(account: Account, wanted: Wanted) -> tuple[Item, ...]:
    """Whether there is a function of zip packages with this name."""
    name = wanted.function
    try:
        found = account.function(name)
    except AccessError as error:
        return (unseen(PART, error),)
    if found is None:
        return (
            Item(
                part=PART,
                state="missing",
                what=f"no {name} in {wanted.region} of {wanted.account}",
                do="Make it first, with any code: a deploy replaces the code only",
                blocks=True,
            ),
        )
    if found.package_type != "Zip":
        return (
            Item(
                part=PART,
                state="differs",
                what=f"{name} is a container image; Lambda checks no signature of these",
                do="Use a function of zip packages",
                blocks=True,
            ),
        )
    return (Item(part=PART, state="ok", what=f"{name}, zip package"),)

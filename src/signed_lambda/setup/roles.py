"""The roles of the workflows: who may take them, and what they may then do, as in docs/iam.

A role with another trust, other policies or more of them is somebody else's, or was edited: it is
changed only by `--change roles`, and what is attached beside our policy is never taken away, only
told.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from signed_lambda.cloud import AlreadyExistsError
from signed_lambda.errors import AccessError, SetupError
from signed_lambda.setup import documents
from signed_lambda.setup.items import Item, unseen
from signed_lambda.setup.wanted import DUTIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.setup.account import Account, Document
    from signed_lambda.setup.wanted import Duty, Repository, Wanted

_NUMBERS: Final = (
    r"gh api repos/OWNER/NAME --jq '"
    r'"--owner-id \(.owner.id) --repository-id \(.id)"'
    "'"
)
POLICY: Final = "signed-lambda-deploy"
"""Name of the policy that is written into each role."""


def look(account: Account, wanted: Wanted) -> tuple[Item, ...]:
    """Each role."""
    if wanted.repository is None:
        return (
            Item(
                part="roles",
                state="unseen",
                what="not known which repository's workflows shall take them",
                do="Give --repository OWNER/NAME and the numbers that GitHub never reuses; they are"
                f" printed by:\n{_NUMBERS}",
            ),
        )
    repository = wanted.repository
    return tuple(item for duty in DUTIES for item in _look(account, wanted, duty, repository))


def _look(account: Account, wanted: Wanted, duty: Duty, repository: Repository) -> Iterator[Item]:
    name = wanted.role(duty)
    part = f"role {name}"
    try:
        found = account.role(name)
        policy = None if found is None else account.role_policy(name, POLICY)
    except AccessError as error:
        yield unseen(part, error)
        return
    wanted_trust = documents.trust(duty, wanted, repository)
    wanted_policy = documents.policy(duty, wanted)
    put = partial(account.put_role_policy, name, POLICY, wanted_policy)
    if found is None:
        yield Item(
            part=part,
            state="missing",
            what=f"no role for {duty}",
            make=partial(_make, account, wanted, duty, wanted_trust),
            needs=("iam:CreateRole",),
        )
        yield _missing_policy(part, put)
        return
    trusted = documents.same(found.trust, wanted_trust)
    if trusted:
        yield Item(part=part, state="ok", what=_trusts(duty, repository))
    else:
        yield Item(
            part=part,
            state="differs",
            what="trusts others than the workflow that needs it",
            do="Ask who made it (or use other names: --roles), or let its trust be replaced",
            make=partial(account.set_trust, name, wanted_trust),
            needs=("iam:UpdateAssumeRolePolicy",),
            change="roles",
        )
    yield from _look_at_policies(
        part,
        put,
        policy,
        wanted_policy,
        [*found.attached, *(n for n in found.inline if n != POLICY)],
        trusted=trusted,
    )


def _look_at_policies(
    part: str,
    put: partial[None],
    found: Document | None,
    wanted: Document,
    more: list[str],
    *,
    trusted: bool,
) -> Iterator[Item]:
    if found is None and trusted:
        yield _missing_policy(part, put)
    elif found is None or not documents.same(found, wanted):
        yield Item(
            part=f"{part} policy",
            state="differs",
            what=f"{POLICY} is not the published one" if found else f"has no {POLICY}",
            do="Ask who changed it, or let it be replaced",
            make=put,
            needs=("iam:PutRolePolicy",),
            change="roles",
        )
    else:
        yield Item(part=f"{part} policy", state="ok", what="as published")
    if more:
        yield Item(
            part=f"{part} policy",
            state="differs",
            what=f"more than it needs is attached: {', '.join(sorted(more))}",
            do="Whoever attached it can take it away; setup never does",
        )


def _missing_policy(part: str, put: partial[None]) -> Item:
    return Item(
        part=f"{part} policy",
        state="missing",
        what=f"no {POLICY}",
        make=put,
        needs=("iam:PutRolePolicy",),
    )


def _trusts(duty: Duty, repository: Repository) -> str:
    return f"{duty} by {repository.owner}/{repository.name} ({repository.id})"


def _make(account: Account, wanted: Wanted, duty: Duty, trust: Document) -> None:
    """Makes the role; one that appeared meanwhile has to be like it.

    Raises:
        SetupError: E-SETUP-02.
    """
    name = wanted.role(duty)
    description = f"signed-lambda-deploy: {duty} of {wanted.function}"
    try:
        account.make_role(name, description, trust)
    except AlreadyExistsError:
        found = account.role(name)
        if found is None or not documents.same(found.trust, trust):
            raise SetupError.of(
                "E-SETUP-02",
                f"a role {name} was made by somebody else meanwhile, and trusts others",
                "Run setup again and look at it",
            ) from None

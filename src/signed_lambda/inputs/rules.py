"""The rules between inputs: what a command needs, and what excludes each other.

Pure: imports `errors` and its siblings. Each rule looks only at values that are of their form, so
that one fault is told once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from signed_lambda.errors import Problem
from signed_lambda.inputs import table as t
from signed_lambda.inputs.aws_names import account_of_role
from signed_lambda.inputs.commands import COMMANDS
from signed_lambda.inputs.spelling import listed, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from signed_lambda.inputs.commands import Command
    from signed_lambda.inputs.spec import Spec

T = TypeVar("T")


class Values(Protocol):
    """What the rules see of the reading."""

    @property
    def given(self) -> set[str]:
        """Names of the inputs that have another value than their default."""
        ...

    def get(self, spec: Spec[T]) -> T | None:
        """The value; None if it is absent or not of its form."""
        ...

    def readable(self, spec: Spec[object]) -> bool:
        """Whether the input is absent or of its form."""
        ...


def broken_rules(values: Values) -> Iterator[Problem]:
    """A problem for each rule that the values break."""
    name = values.get(t.COMMAND)
    if name is not None:
        for rule in _OF_A_COMMAND:
            yield from rule(COMMANDS[name], values)
    for other in _OF_ALL:
        yield from other(values)


def _needs(command: Command, values: Values) -> Iterator[Problem]:
    needed = command.needs
    if values.get(t.ALLOW_UNSIGNED) is False:
        needed += command.needs_unless_unsigned
    for spec in t.SPECS:
        if spec.name in needed and values.readable(spec) and values.get(spec) in (None, ()):
            yield Problem(
                "E-INPUT-01",
                f"{spec.name} is empty; `command: {command.name}` needs it",
                f"Give it, for example `{spec.name}: {spec.example}`",
            )


def _needs_region(command: Command, values: Values) -> Iterator[Problem]:
    spec = t.AWS_REGION
    if command.needs_region and values.readable(spec) and values.get(spec) is None:
        yield Problem(
            "E-INPUT-01",
            "aws-region is empty, and the environment has no AWS_REGION",
            f"Give it, for example `aws-region: {spec.example}`, or run "
            "aws-actions/configure-aws-credentials before this step",
        )


def _means_nothing(command: Command, values: Values) -> Iterator[Problem]:
    for spec in t.SPECS:
        if spec.only_for and command.name not in spec.only_for and spec.name in values.given:
            yield Problem(
                "E-INPUT-04",
                f"{spec.name} is given, but `command: {command.name}` does not use it",
                f"Leave it out, or use command {listed(spec.only_for)}",
            )


def _promote_between_two(command: Command, values: Values) -> Iterator[Problem]:
    alias, elsewhere = values.get(t.ALIAS), values.get(t.FROM_FUNCTION)
    if command.name != "promote":
        return
    if elsewhere and (elsewhere,) == values.get(t.FUNCTION):
        yield Problem(
            "E-INPUT-04",
            f"from-function is function-name itself, {shown(elsewhere.name)}",
            "Leave it out: from-alias is of the same function then",
        )
    elif alias and alias == values.get(t.FROM_ALIAS) and t.FROM_FUNCTION.name not in values.given:
        yield Problem(
            "E-INPUT-04",
            f"from-alias and alias are both {shown(alias)}",
            "Promote from one alias to another",
        )


def _promote_from_elsewhere(command: Command, values: Values) -> Iterator[Problem]:
    elsewhere, role = values.get(t.FROM_FUNCTION), values.get(t.FROM_ROLE)
    if command.name != "promote" or elsewhere is None:
        return
    if values.readable(t.BUCKET) and values.get(t.BUCKET) is None:
        yield Problem(
            "E-INPUT-01",
            "bucket is empty; `from-function` needs it: Lambda reads the code from there",
            f"Give one in the region of function-name, for example `bucket: {t.BUCKET.example}`",
        )
    if role and elsewhere.account not in (None, account_of_role(role)):
        yield Problem(
            "E-INPUT-04",
            f"from-function is of account {elsewhere.account}, from-role of"
            f" {account_of_role(role)}",
            "Name a role of the function's account",
        )


def _verify_removes_nothing(command: Command, values: Values) -> Iterator[Problem]:
    if command.name == "verify" and values.get(t.LOCK_LATEST) == "remove":
        yield Problem(
            "E-INPUT-04",
            "lock-latest is remove, and `command: verify` writes nothing",
            "Use `command: lock`, or lock-latest: report or policy",
        )


def _unsigned_has_no_profile(values: Values) -> Iterator[Problem]:
    if not values.get(t.ALLOW_UNSIGNED):
        return
    for spec in (t.SIGNING_PROFILE, t.SIGNING_PROFILE_OWNER):
        if spec.name in values.given:
            yield Problem(
                "E-INPUT-04",
                f"{spec.name} and `allow-unsigned: true` exclude each other",
                "Leave out one of them",
            )


def _owner_of_something(values: Values) -> Iterator[Problem]:
    for owner, owned in (
        (t.BUCKET_OWNER, t.BUCKET),
        (t.SIGNING_PROFILE_OWNER, t.SIGNING_PROFILE),
        (t.FROM_ROLE, t.FROM_FUNCTION),
        (t.SIGNER_ROOT, t.AWS_ENDPOINT_URL),
        (t.REQUIRE_ATTESTATION, t.ATTESTATION_ROOTS),
        (t.ATTESTATION_ROOTS, t.REQUIRE_ATTESTATION),
        (t.ATTESTATION_WORKFLOW, t.REQUIRE_ATTESTATION),
    ):
        unsigned = owned is t.SIGNING_PROFILE and values.get(t.ALLOW_UNSIGNED)
        if owner.name in values.given and owned.name not in values.given and not unsigned:
            yield Problem(
                "E-INPUT-04",
                f"{owner.name} is given without {owned.name}",
                f"Give {owned.name} too, or leave out {owner.name}",
            )


def _one_region(values: Values) -> Iterator[Problem]:
    functions, region = values.get(t.FUNCTION) or (), values.get(t.AWS_REGION)
    for function in functions:
        if function.region and region and function.region != region:
            which = "function-name" if len(functions) == 1 else f"function-name {function.name}"
            yield Problem(
                "E-INPUT-04",
                f"{which} is in {function.region}, aws-region is {region}",
                "Use the ARN's region, or give the function's name alone",
            )


def _allowed_account(values: Values) -> Iterator[Problem]:
    functions, allowed = values.get(t.FUNCTION) or (), values.get(t.ALLOWED_ACCOUNT_IDS)
    for function in functions:
        if function.account and allowed and function.account not in allowed:
            which = "function-name" if len(functions) == 1 else f"function-name {function.name}"
            yield Problem(
                "E-INPUT-04",
                f"{which} is in account {function.account}, which allowed-account-ids lacks",
                "Add the account to allowed-account-ids, or name a function of an allowed account",
            )


_OF_A_COMMAND: Final[tuple[Callable[[Command, Values], Iterator[Problem]], ...]] = (
    _needs,
    _needs_region,
    _means_nothing,
    _promote_between_two,
    _promote_from_elsewhere,
    _verify_removes_nothing,
)
_OF_ALL: Final[tuple[Callable[[Values], Iterator[Problem]], ...]] = (
    _unsigned_has_no_profile,
    _owner_of_something,
    _one_region,
    _allowed_account,
)

"""The command line: parsed by its form, all faults told at once, and turned into names.

The parsers of the action's inputs judge the same values here. Reads one file: the checkout's
`.git/config`, for the repository's name.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NoReturn, TypeVar

from signed_lambda.errors import IdentityError, InputError, Problem
from signed_lambda.inputs import aws_names
from signed_lambda.inputs.bad import BadValueError
from signed_lambda.lazy import dataclass, regex
from signed_lambda.setup.items import CHANGES
from signed_lambda.setup.wanted import (
    DUTIES,
    LONGEST_ROLE,
    Repository,
    Wanted,
    usual_bucket,
    usual_profile,
)
from signed_lambda.setup.workflows import NAMES

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

    from signed_lambda.cloud import Identity
    from signed_lambda.inputs.values import FunctionRef
    from signed_lambda.model import AliasName
    from signed_lambda.setup.items import Change

T = TypeVar("T")
Mode = Literal["look", "check", "apply"]
_ORIGIN: Final = regex(
    r'\[remote "origin"\][^\[]*?url *= *\S*?[/:]([A-Za-z0-9-]+)/([A-Za-z0-9._-]+?)(?:\.git)?\s'
)
_REPOSITORY: Final = regex(r"([A-Za-z0-9-]{1,39})/([A-Za-z0-9._-]{1,100})")
_NUMBER: Final = regex(r"[1-9][0-9]{0,18}")
_BRANCH: Final = regex(r"[A-Za-z0-9._/-]{1,200}")
_ROLES: Final = regex(r"[A-Za-z0-9+=,.@_-]+")
_ACTION: Final = regex(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+@[A-Za-z0-9._-]+")
_CONFIG_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """What was asked for, each value of its form.

    Attributes:
        mode: "look" prints; "check" is for machines, by its exit code; "apply" makes.
        bucket, profile, region: None where a usual one is meant.
        repository: Owner and name; None where no one is known.
        owner_id, repository_id: GitHub's numbers; None where not given.
        action: What workflows use; None where not given.
        changes: What may be changed although it may be somebody else's.
        shown: The workflow file that is to be printed, None for none.
    """

    mode: Mode
    function: FunctionRef
    alias: AliasName
    bucket: str | None
    profile: str | None
    region: str | None
    roles: str
    repository: tuple[str, str] | None
    owner_id: int | None
    repository_id: int | None
    branch: str
    checkout: Path
    action: str | None
    changes: tuple[Change, ...]
    shown: str | None
    endpoint_url: str | None


class _Parser(argparse.ArgumentParser):
    """argparse, whose errors are of our form."""

    def error(self, message: str) -> NoReturn:
        """Raises what argparse would print.

        Raises:
            InputError: E-INPUT-03.
        """
        raise InputError.of("E-INPUT-03", message, "See signed_lambda setup --help")


def parser() -> argparse.ArgumentParser:
    """The options, with their help."""
    made = _Parser(
        prog="signed_lambda setup",
        description="Looks at what a first deploy of a function needs: bucket, signing profile,"
        " code signing, roles for GitHub's workflows, workflow files. Writes nothing without"
        " --apply.",
        allow_abbrev=False,
    )
    what = made.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="exit code 0 only when all is ok")
    what.add_argument("--apply", action="store_true", help="make what is missing")
    what.add_argument("--print", choices=NAMES, help="print this workflow file with its names")
    made.add_argument("--function", required=True, help="name or unqualified ARN; it must exist")
    made.add_argument("--alias", default="live", help="alias that deploys move (%(default)s)")
    made.add_argument("--bucket", help="for artefacts (signed-lambda-ACCOUNT-REGION)")
    made.add_argument("--profile", help="signing profile; a new name is taken for ever")
    made.add_argument("--region", help="(AWS_REGION)")
    made.add_argument("--repository", help="OWNER/NAME (the checkout's origin)")
    made.add_argument("--owner-id", help="GitHub's number of the owner")
    made.add_argument("--repository-id", help="GitHub's number of the repository")
    made.add_argument("--branch", default="main", help="its default branch (%(default)s)")
    made.add_argument("--roles", help="end of the roles' names, deploy-... (the function's name)")
    made.add_argument("--checkout", default=".", help="the repository's folder (%(default)s)")
    made.add_argument("--action", help="what workflows use: OWNER/signed-lambda-deploy@COMMIT")
    made.add_argument(
        "--change",
        action="append",
        default=[],
        choices=CHANGES,
        help="with --apply: change this although it exists and may be somebody else's",
    )
    made.add_argument("--aws-endpoint-url", help="send all calls there: an emulator")
    return made


def read(given: argparse.Namespace) -> Arguments:
    """The arguments, each judged.

    Raises:
        InputError: E-INPUT-03 for each that is not of its form, E-INPUT-01 where a number of
            GitHub is given without the other.
    """
    faults: list[Problem] = []
    checkout = Path(given.checkout)
    function = _parsed("--function", given.function, aws_names.function, faults)
    roles = given.roles or (function.name if function else "")
    both = [n for n in ("owner_id", "repository_id") if getattr(given, n) is not None]
    if len(both) == 1:
        faults.append(
            Problem("E-INPUT-04", f"--{both[0].replace('_', '-')} is alone", "Give both numbers")
        )
    _formed("--roles", roles, _ROLES, "Use letters, digits and +=,.@_-", faults)
    longest = max(map(len, DUTIES)) + 1
    if function and len(roles) + longest > LONGEST_ROLE:
        faults.append(
            Problem(
                "E-INPUT-03",
                f"--roles: {roles!r} makes names of {len(roles) + longest} characters, roles have"
                f" at most {LONGEST_ROLE}",
                f"Give --roles with at most {LONGEST_ROLE - longest} characters",
            )
        )
    if given.action is not None:
        _formed("--action", given.action, _ACTION, "Write OWNER/NAME@COMMIT", faults)
    _formed("--branch", given.branch, _BRANCH, "Name a branch without blanks and *", faults)
    alias = _parsed("--alias", given.alias, aws_names.movable_alias, faults)
    values = {
        "bucket": _parsed("--bucket", given.bucket, aws_names.bucket, faults),
        "profile": _parsed("--profile", given.profile, aws_names.profile, faults),
        "region": _parsed("--region", given.region, aws_names.region, faults),
    }
    numbers = {
        name: _formed(f"--{name.replace('_', '-')}", getattr(given, name), _NUMBER, "", faults)
        for name in both
    }
    repository = _repository(given.repository, checkout, faults)
    if faults or function is None or alias is None:
        raise InputError(*faults)
    return Arguments(
        mode="apply" if given.apply else "check" if given.check else "look",
        function=function,
        alias=alias,
        bucket=values["bucket"],
        profile=values["profile"],
        region=values["region"] or function.region,
        roles=roles,
        repository=repository,
        owner_id=int(numbers["owner_id"]) if both else None,
        repository_id=int(numbers["repository_id"]) if both else None,
        branch=given.branch,
        checkout=checkout,
        action=given.action,
        changes=tuple(given.change),
        shown=given.print,
        endpoint_url=given.aws_endpoint_url,
    )


def wanted(given: Arguments, identity: Identity) -> Wanted:
    """The names of what there shall be in this account.

    Raises:
        IdentityError: E-IDENTITY-21, the function's ARN is of another account or region.
    """
    named = (given.function.account, given.function.region)
    for asked, ours in zip(named, (identity.account, identity.region), strict=True):
        if asked not in (None, ours):
            raise IdentityError.of(
                "E-IDENTITY-21",
                f"--function is an ARN of {asked}; the credentials are of {ours}",
                "Use credentials and a region of the function's own",
            )
    repository = None
    if given.repository and given.owner_id and given.repository_id:
        repository = Repository(
            owner=given.repository[0],
            name=given.repository[1],
            owner_id=given.owner_id,
            id=given.repository_id,
        )
    return Wanted(
        function=given.function.name,
        alias=given.alias,
        account=identity.account,
        region=identity.region,
        partition=identity.partition,
        bucket=given.bucket or usual_bucket(identity),
        profile=given.profile or usual_profile(given.function.name),
        profile_said=given.profile is not None,
        roles=given.roles,
        repository=repository,
        branch=given.branch,
        checkout=given.checkout,
        action=given.action,
    )


def _parsed(
    name: str, text: str | None, parse: Callable[[str], T], faults: list[Problem]
) -> T | None:
    """The value as its input's parser reads it; None where it is not given, or faulty."""
    if text is None:
        return None
    try:
        return parse(text)
    except BadValueError as bad:
        shown = bad.value if bad.value is not None else text
        faults.append(Problem(bad.id, f"{name}: {shown!r} {bad.says}", bad.do))
        return None


def _formed(name: str, text: str, form: re.Pattern[str], do: str, faults: list[Problem]) -> str:
    """The text; "0", with a fault added, where it is not of the form."""
    if form.fullmatch(text):
        return text
    faults.append(
        Problem("E-INPUT-03", f"{name}: {text!r} is not of its form", do or "Digits only")
    )
    return "0"


def _repository(text: str | None, checkout: Path, faults: list[Problem]) -> tuple[str, str] | None:
    """Owner and name: as given, else of the checkout's origin, else None."""
    if text is not None:
        found = _REPOSITORY.fullmatch(text)
        if found is None:
            faults.append(
                Problem(
                    "E-INPUT-03", f"--repository: {text!r} is not OWNER/NAME", "Write acme/orders"
                )
            )
        return (found[1], found[2]) if found else None
    try:
        with (checkout / ".git" / "config").open(encoding="utf-8", errors="replace") as file:
            origin = _ORIGIN.search(file.read(_CONFIG_BYTES))
    except OSError:
        return None  # no checkout, or a linked one: --repository says it
    return (origin[1], origin[2]) if origin else None

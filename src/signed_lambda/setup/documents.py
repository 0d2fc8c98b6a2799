"""The policies and trusts of docs/iam with the names in them: one source for all ways to make them.

In the package, `iam` is a link to docs/iam; in a wheel it is a folder. Pure but for reading these.
"""

from __future__ import annotations

import json
from functools import partial
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from signed_lambda.errors import InternalError
from signed_lambda.lazy import regex
from signed_lambda.setup.wanted import ENVIRONMENTS, PREFIX

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping

    from signed_lambda.setup.account import Document
    from signed_lambda.setup.wanted import Duty, Repository, Wanted

_FOLDER: Final = files("signed_lambda.setup") / "iam"
TRUSTS: Final[dict[Duty, str]] = {
    "deploy": "trust",
    "rollback": "trust",
    "plan": "trust-plan",
    "verify": "trust-verify",
}
"""Which file says who may take the role of a duty."""
_HOLE: Final = regex(r"""\$\{(?:([A-Z_]+)\}|[^}\s"]*\}?)""")
"""A placeholder and its name, or what is none but begins like one. Any other `$` is itself."""


def text(name: str) -> str:
    """A file of docs/iam as it stands, with its `${NAMES}`."""
    return (_FOLDER / f"{name}.json").read_text(encoding="utf-8")


def fill(document: str, names: Mapping[str, str]) -> str:
    """The document with each `${NAME}` replaced, and nothing else: as a person fills it by hand.

    Raises:
        InternalError: A placeholder has no name, or an empty one: a policy with a hole in it would
            match nothing, or too much.
    """

    def name_in(hole: re.Match[str]) -> str:
        if value := names.get(hole[1] or ""):
            return value
        raise InternalError.of(
            "E-INTERNAL-01", f"nothing fills {hole[0]} of a document of docs/iam", "Report it"
        )

    return _HOLE.sub(name_in, document)


def policy(duty: Duty, wanted: Wanted) -> Document:
    """What the role of a duty may do."""
    return _filled(duty, _names(wanted), wanted.partition)


def trust(duty: Duty, wanted: Wanted, repository: Repository) -> Document:
    """Who may take the role of a duty."""
    names = {
        **_names(wanted),
        "OWNER": repository.owner,
        "OWNER_ID": str(repository.owner_id),
        "REPOSITORY": repository.name,
        "REPOSITORY_ID": str(repository.id),
        "BRANCH": wanted.branch,
        "ENVIRONMENT": ENVIRONMENTS.get(duty, ""),
    }
    return _filled(TRUSTS[duty], names, wanted.partition)


def bucket_policy(wanted: Wanted) -> Document:
    """What the bucket refuses: requests that are not encrypted."""
    return _filled("bucket", _names(wanted), wanted.partition)


def same(one: object, other: object) -> bool:
    """Whether two documents say the same: order in lists, and a list of one, do not count."""
    return _plain(one) == _plain(other)


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        items = sorted((_plain(inner) for inner in value), key=partial(json.dumps, sort_keys=True))
        return items[0] if len(items) == 1 else items
    return value


def _names(wanted: Wanted) -> dict[str, str]:
    return {
        "REGION": wanted.region,
        "ACCOUNT": wanted.account,
        "FUNCTION": wanted.function,
        "PROFILE": wanted.profile,
        "BUCKET": wanted.bucket,
        "PREFIX": PREFIX,
    }


def _filled(name: str, names: Mapping[str, str], partition: str) -> Document:
    filled = fill(text(name), names)
    read: Document = json.loads(filled.replace('"arn:aws:', f'"arn:{partition}:'))
    return read

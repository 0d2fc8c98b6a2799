"""The bucket for artefacts: versions, encryption, no public access, TLS only.

A bucket that is empty is set up as it is needed: nobody relies on it yet, and a setup that was
interrupted leaves one. A bucket in use is somebody's: it is changed only by `--change bucket`, and
its policy's statements stay as they are; one is added.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from signed_lambda.errors import AccessError, BucketError
from signed_lambda.setup import documents
from signed_lambda.setup.items import Item, unseen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from signed_lambda.setup.account import Account, Document, Versioning
    from signed_lambda.setup.wanted import Wanted

PART: Final = "bucket"
_NEEDS: Final = (
    "s3:CreateBucket",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutEncryptionConfiguration",
    "s3:PutBucketVersioning",
    "s3:PutBucketPolicy",
)


def look(account: Account, wanted: Wanted) -> tuple[Item, ...]:
    """The bucket and each of its settings."""
    try:
        versioning = account.versioning(wanted.bucket, wanted.account)
    except AccessError as error:
        return (unseen(PART, error),)
    except BucketError as error:
        (problem,) = error.problems
        return (Item(part=PART, state="differs", what=problem.what, do=problem.do, blocks=True),)
    if versioning == "missing":
        return (
            Item(
                part=PART,
                state="missing",
                what=f"no {wanted.bucket}",
                make=partial(_make, account, wanted),
                needs=_NEEDS,
            ),
        )
    settings = tuple(_settings(account, wanted, versioning))
    if all(item.make is None for item in settings):
        return (Item(part=PART, state="ok", what=wanted.bucket), *settings)
    try:
        used = account.holds_objects(wanted.bucket, wanted.account)
    except AccessError as error:
        return (unseen(PART, error), *settings)
    what = f"{wanted.bucket}, {'in use' if used else 'empty'}"
    there = Item(part=PART, state="ok", what=what)
    return (there, *(_of_others(item) for item in settings)) if used else (there, *settings)


def _settings(account: Account, wanted: Wanted, versioning: Versioning) -> Iterator[Item]:
    """Each setting of a bucket that is there."""
    name, owner = wanted.bucket, wanted.account
    yield _setting(
        "bucket public access",
        lambda: account.blocks_public_access(name, owner),
        ("blocked", "not blocked"),
        partial(account.block_public_access, name, owner),
        "s3:PutBucketPublicAccessBlock",
    )
    yield _setting(
        "bucket encryption",
        lambda: account.encryption(name, owner) is not None,
        ("by default", "none by default"),
        partial(account.encrypt, name, owner),
        "s3:PutEncryptionConfiguration",
    )
    yield _setting(
        "bucket versioning",
        lambda: versioning == "Enabled",
        ("on", "off: a version that was signed could be replaced"),
        partial(account.keep_versions, name, owner),
        "s3:PutBucketVersioning",
    )
    yield _setting(
        "bucket TLS",
        lambda: _refuses_plain_http(account.bucket_policy(name, owner), wanted),
        ("required by its policy", "not required by its policy"),
        partial(_require_tls, account, wanted),
        "s3:PutBucketPolicy",
    )


def _setting(
    part: str,
    is_on: Callable[[], bool],
    said: tuple[str, str],
    make: Callable[[], object],
    action: str,
) -> Item:
    try:
        if is_on():
            return Item(part=part, state="ok", what=said[0])
    except AccessError as error:
        return unseen(part, error)
    return Item(part=part, state="missing", what=said[1], make=make, needs=(action,))


def _of_others(item: Item) -> Item:
    """The setting of a bucket in use: whoever uses it may rely on how it is."""
    if item.make is None:
        return item
    do = "The bucket is in use: ask its owner, or let setup change it"
    return replace(item, state="differs", do=do, change="bucket")


def _make(account: Account, wanted: Wanted) -> None:
    """The bucket, closed first; a stop in between leaves an empty one, which is gone on with."""
    name, owner = wanted.bucket, wanted.account
    account.make_bucket(name)
    account.block_public_access(name, owner)
    account.encrypt(name, owner)
    account.keep_versions(name, owner)
    _require_tls(account, wanted)


def _statements(policy: Document | None) -> list[object]:
    found = (policy or {}).get("Statement", [])
    return list(found) if isinstance(found, list) else [found]


def _without_sid(statement: object) -> object:
    if not isinstance(statement, dict):
        return statement
    return {key: value for key, value in statement.items() if key != "Sid"}


def _refuses_plain_http(policy: Document | None, wanted: Wanted) -> bool:
    """Whether a statement says what ours would, under whatever name."""
    (ours,) = _statements(documents.bucket_policy(wanted))
    return any(
        documents.same(_without_sid(statement), _without_sid(ours))
        for statement in _statements(policy)
    )


def _require_tls(account: Account, wanted: Wanted) -> None:
    """Adds our statement behind those that are there, which stay as they are."""
    found = account.bucket_policy(wanted.bucket, wanted.account)
    ours = documents.bucket_policy(wanted)
    if found is not None:
        ours = {**found, "Statement": [*_statements(found), *_statements(ours)]}
    account.put_bucket_policy(wanted.bucket, wanted.account, ours)

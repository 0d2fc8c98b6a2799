"""Signed zips as an attacker would make them, one named function each.

Every function takes a zip that Signer really signed and returns another zip. Three kinds:

- what somebody with write access to the bucket can do, who has no key: edits that break the
  signature, and harmless ones that do not;
- edits that keep the signed digest and yet change what Lambda unpacks, because the digest has no
  lengths and no modes in it;
- signatures that only the holder of some key can make: another root's, another job's, expired.

May import the signing half. Never part of the service: nothing here runs unless a test calls it.
"""

from __future__ import annotations

import base64
import stat
import warnings
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zipfile import ZipInfo

from lambda_sandbox.signer.archive import (
    META_INF,
    SIGNATURE_FILE,
    Member,
    content_digest,
    read_members,
    write_zip,
)
from lambda_sandbox.signer.authority import Authority, LeafShape, Signing, new_key
from lambda_sandbox.signer.envelope import Claims, assemble, seal, sign, signed_attributes
from lambda_sandbox.signer.verify import read_signature

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lambda_sandbox.signer.service import SignerService

_NO_LIMIT: Final = 1 << 40
_LEVEL: Final = 6
_UNIX: Final = 3


# -- without a key: the signature does not fit any more


def tampered(signed: bytes, name: str, body: bytes) -> bytes:
    """The entry `name` has another content."""
    return _edit(signed, name, lambda member: [replace(member, body=body)])


def renamed(signed: bytes, name: str, to: str) -> bytes:
    """The entry `name` is called `to`."""
    return _edit(signed, name, lambda member: [_like(member, to, member.body)])


def removed(signed: bytes, name: str) -> bytes:
    """The entry `name` is gone."""
    return _edit(signed, name, lambda _: [])


def added(signed: bytes, name: str, body: bytes) -> bytes:
    """One more file, before all others."""
    members = read_members(signed, _NO_LIMIT)
    return _write([_like(members[0], name, body), *members])


def reordered(signed: bytes) -> bytes:
    """The first two entries have changed places."""
    first, second, *rest = read_members(signed, _NO_LIMIT)
    return _write([second, first, *rest])


def doubled(signed: bytes, name: str, body: bytes) -> bytes:
    """A second entry `name` behind the first: readers differ on which one counts."""
    return _edit(signed, name, lambda member: [member, replace(member, body=body)])


def unsigned(signed: bytes) -> bytes:
    """The zip without the signature file and its folder."""
    return _write(
        [m for m in read_members(signed, _NO_LIMIT) if m.name not in (META_INF, SIGNATURE_FILE)]
    )


def transplanted(signed: bytes, donor: bytes) -> bytes:
    """`signed` with the signature file of another signed zip."""
    return with_signature_file(signed, signature_file(donor))


def edited_claim(signed: bytes, old: str, new: str) -> bytes:
    """Text inside the signed attributes replaced after the signing; of the same length.

    Raises:
        ValueError: The lengths differ, or `old` is not there.
    """
    lines = signature_file(signed).decode().splitlines()
    ber = base64.b64decode("".join(lines[1:-1]))
    if len(old) != len(new) or old.encode() not in ber:
        raise ValueError(f"{old!r} is not in the signature, or is longer or shorter than {new!r}")
    encoded = base64.b64encode(ber.replace(old.encode(), new.encode())).decode()
    return with_signature_file(signed, f"{lines[0]}\n{encoded}\n{lines[-1]}\n".encode())


# -- without a key: harmless, the signature still fits


def recompressed(signed: bytes) -> bytes:
    """The same entries with other compressed bytes; Lambda accepts it.

    Source: radkawar/stackd, code_signing_controls_native.json ("recompressed-enforce").
    """
    return write_zip(read_members(signed, _NO_LIMIT), level=9)


def retimed(signed: bytes) -> bytes:
    """The same entries with another date; Lambda accepts it.

    Source: radkawar/stackd, code_signing_controls_native.json ("retimed-enforce").
    """
    members = read_members(signed, _NO_LIMIT)
    for member in members:
        member.info.date_time = (1999, 12, 31, 23, 59, 58)
    return _write(members)


# -- without a key: the digest stays, the meaning does not


def split_into_module(signed: bytes, name: str, module: str) -> bytes:
    """The text file `name` ends where it mentions `module`; the rest becomes the file `module`.

    The digest runs over name, body, name, body without lengths: "notes" + "... evil.pyimport os"
    and "notes" + "... " + "evil.py" + "import os" are the same bytes.

    Raises:
        ValueError: The file does not mention `module`.
    """

    def cut(member: Member) -> list[Member]:
        at = member.body.index(module.encode())
        code = member.body[at + len(module.encode()) :]
        return [replace(member, body=member.body[:at]), _like(member, module, code)]

    return _edit(signed, name, cut)


def merged(signed: bytes, name: str) -> bytes:
    """The entry `name` has swallowed the next one, its name and its content."""
    members = list(read_members(signed, _NO_LIMIT))
    at = _position(members, name)
    first, second = members[at], members[at + 1]
    whole = first.body + second.name.encode() + second.body
    return _write([*members[:at], replace(first, body=whole), *members[at + 2 :]])


def moved_into_name(signed: bytes, name: str, length: int) -> bytes:
    """The first `length` bytes of the content have become the end of the name."""
    return _edit(
        signed,
        name,
        lambda m: [_like(m, name + m.body[:length].decode(), m.body[length:])],
    )


def turned_into_link(signed: bytes, name: str) -> bytes:
    """The file `name` has become a symbolic link to what it contained."""
    return with_mode(signed, name, stat.S_IFLNK | 0o777)


def with_mode(signed: bytes, name: str, mode: int) -> bytes:
    """The entry `name` with other mode bits (type and permissions, as in `st_mode`)."""

    def change(member: Member) -> list[Member]:
        changed = _like(member, name, member.body)
        changed.info.create_system = _UNIX
        changed.info.external_attr = mode << 16
        return [changed]

    return _edit(signed, name, change)


# -- with a key


def other_root(signer: SignerService, signed: bytes) -> bytes:
    """The same claims, by an authority that has the same names and other keys."""
    double = Authority(signer.world.region, signer.authority.organization)
    return resealed(signer, signed, authority=double)


def other_digest(signer: SignerService, signed: bytes) -> bytes:
    """A good signature over the digest of something else."""
    return resealed(signer, signed, lambda claims: replace(claims, digest=bytes(48)))


def other_job(signer: SignerService, signed: bytes, job_arn: str) -> bytes:
    """A good signature that names another job."""
    return resealed(signer, signed, lambda claims: replace(claims, job_arn=job_arn))


def other_profile(signer: SignerService, signed: bytes, version_arn: str) -> bytes:
    """A good signature that names another profile version."""
    return resealed(signer, signed, lambda claims: replace(claims, profile_version_arn=version_arn))


def expired(signer: SignerService, signed: bytes, ago_s: float = 0.0) -> bytes:
    """A good signature whose validity ended `ago_s` seconds ago; 0: it ends at this instant."""
    end = signer.world.clock.now() - timedelta(seconds=ago_s)
    begin = end - timedelta(days=30)
    return resealed(signer, signed, lambda claims: replace(claims, signed_at=begin, expires_at=end))


def signed_in_future(signer: SignerService, signed: bytes) -> bytes:
    """A good signature whose time has not come."""
    later = signer.world.clock.now() + timedelta(days=1)
    return resealed(signer, signed, lambda claims: replace(claims, signed_at=later))


def leaf_not_for_code(signer: SignerService, signed: bytes) -> bytes:
    """By a certificate of the same authority that is not for code signing."""
    return resealed(signer, signed, shape=LeafShape(code_signing=False))


def leaf_not_yet_valid(signer: SignerService, signed: bytes) -> bytes:
    """By a certificate that begins after the signing."""
    begin = signer.world.clock.now() + timedelta(days=1)
    return resealed(signer, signed, shape=LeafShape(not_before=begin))


def leaf_expired_before(signer: SignerService, signed: bytes) -> bytes:
    """By a certificate whose three days ended before the signing."""
    begin = signer.world.clock.now() - timedelta(days=5)
    return resealed(signer, signed, shape=LeafShape(not_before=begin))


def without_intermediates(signer: SignerService, signed: bytes) -> bytes:
    """The envelope holds the leaf and the root only."""
    honest = _honest(signer, signed)
    return _assembled(
        signer, signed, honest, Signing(honest.key, (honest.leaf, signer.authority.root))
    )


def other_key(signer: SignerService, signed: bytes) -> bytes:
    """The real certificates, and a signature by a key that is not the leaf's."""
    honest = _honest(signer, signed)
    return _assembled(signer, signed, replace(honest, key=new_key()), honest)


def resealed(
    signer: SignerService,
    signed: bytes,
    change: Callable[[Claims], Claims] = lambda claims: claims,
    *,
    authority: Authority | None = None,
    shape: LeafShape | None = None,
) -> bytes:
    """The same content under a new signature.

    Args:
        signer: Its authority signs unless another is given.
        signed: A zip that `signer` signed.
        change: Makes the new claims from the old ones.
        authority: Who signs.
        shape: Of the leaf; None: an honest one.
    """
    claims = change(_claims(signer, signed))
    who = authority or signer.authority
    at = claims.signed_at
    signing = who.signing_at(at) if shape is None else who.signing_with(shape, at)
    return with_signature_file(signed, seal(claims, signing))


def signature_file(signed: bytes) -> bytes:
    """The content of the signature file."""
    members = read_members(signed, _NO_LIMIT)
    return members[_position(members, SIGNATURE_FILE)].body


def with_signature_file(signed: bytes, content: bytes) -> bytes:
    """The zip with another signature file."""
    return tampered(signed, SIGNATURE_FILE, content)


def _claims(signer: SignerService, signed: bytes) -> Claims:
    read = read_signature(signed, signer.root_pem, datetime.max.replace(tzinfo=UTC))
    return Claims(
        digest=content_digest(read_members(signed, _NO_LIMIT)),
        job_arn=read.job_arn,
        profile_version_arn=read.profile_version_arn,
        signed_at=read.signed_at,
        expires_at=read.expires_at,
    )


def _honest(signer: SignerService, signed: bytes) -> Signing:
    return signer.authority.signing_at(_claims(signer, signed).signed_at)


def _assembled(signer: SignerService, signed: bytes, signs: Signing, shown: Signing) -> bytes:
    """The old claims signed by one and shown with the certificates of another."""
    attributes = signed_attributes(_claims(signer, signed))
    return with_signature_file(signed, assemble(attributes, sign(attributes, signs), shown))


def _edit(signed: bytes, name: str, change: Callable[[Member], Sequence[Member]]) -> bytes:
    """The zip with the entry `name` replaced by what `change` makes of it.

    Raises:
        KeyError: There is no such entry.
    """
    members = read_members(signed, _NO_LIMIT)
    at = _position(members, name)
    return _write([*members[:at], *change(members[at]), *members[at + 1 :]])


def _position(members: Sequence[Member], name: str) -> int:
    for position, member in enumerate(members):
        if member.name == name:
            return position
    raise KeyError(name)


def _like(member: Member, name: str, body: bytes) -> Member:
    """A new entry with the date and the mode of another."""
    info = ZipInfo(name, member.info.date_time)
    info.create_system = member.info.create_system
    info.external_attr = member.info.external_attr
    return Member(info, body)


def _write(members: Sequence[Member]) -> bytes:
    with warnings.catch_warnings():
        # zipfile warns of a name that is there twice; here that is the point.
        warnings.simplefilter("ignore", UserWarning)
        return write_zip(members, level=_LEVEL)

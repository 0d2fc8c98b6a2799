"""The digest that AWS Signer signs over a zip's content, and how far its formula is trusted.

May import the standard library. Must never be the only comparison of a signed zip with its build:
names and bodies run into each other without a frame, and types and modes are not covered, so
different packages can have one digest. `signed_lambda.package.compare` compares entry by entry.
"""

from __future__ import annotations

import enum
import hashlib
from typing import Final

SIGNATURE_NAME: Final = "META_INF/aws_signer_signature_v1.0.SF"
"""Name of the entry that Signer adds; META_INF with an underscore.

Source: a package that AWS Signer signed, tests/data/signer/README.md.
"""

CONTENT_DIGEST_BYTES: Final = 48
"""A SHA-384 has 48 bytes."""


class DigestFormula(enum.Enum):
    """How much a content digest that differs from the signed one says."""

    UNCONFIRMED = "unconfirmed"
    """The formula may be wrong: the difference is shown as a warning, loudly."""

    CONFIRMED = "confirmed"
    """The formula is right: the zip's content is not what was signed; refused."""


DIGEST_FORMULA: Final = DigestFormula.UNCONFIRMED
"""What the product runs with.

The formula of `ContentDigest` has one source, a re-implementation from observed packages
(github.com/radkawar/stackd at 9dc356f, compute/lambda/signature); AWS does not document it. It
becomes CONFIRMED in the commit that adds a zip signed by AWS in a live account whose messageDigest
equals `ContentDigest` over its entries (with and without a `META_INF/` entry in the unsigned zip).
Until then a wrong formula must not block deploys, and nothing is lost: the entries themselves are
compared with the build one by one, and Lambda checks the digest by its own formula.
"""


class ContentDigest:
    """Computes SHA384(SHA384(name1 || body1 || name2 || body2 ...)) while the zip is read.

    Entries are fed in the order of the archive, directories included (`META_INF/` that Signer
    adds, too); the signature's own entry may be fed and is left out.

    Source: github.com/radkawar/stackd at 9dc356f, compute/lambda/signature (observed packages).
    """

    __slots__ = ("_hash", "_in_signature", "_started")

    def __init__(self) -> None:
        self._hash: Final = hashlib.sha384()
        self._in_signature = False
        self._started = False

    def update(self, name: str) -> None:
        """Begins the next entry.

        Args:
            name: As it stands in the zip, directories with their final "/".
        """
        self._started = True
        self._in_signature = name == SIGNATURE_NAME
        if not self._in_signature:
            self._hash.update(name.encode())

    def update_body(self, chunk: bytes) -> None:
        """Adds uncompressed bytes of the entry that was begun last.

        Raises:
            ValueError: No entry was begun: a mistake of ours.
        """
        if not self._started:
            raise ValueError("update_body() before update(): bytes of no entry")
        if not self._in_signature:
            self._hash.update(chunk)

    def digest(self) -> bytes:
        """The 48 bytes for what was fed so far."""
        return hashlib.sha384(self._hash.digest()).digest()

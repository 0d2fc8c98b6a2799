"""How much a package may hold: Lambda's limits and ours.

Pure; imports nothing of this package.
"""

from __future__ import annotations

from typing import Final

from signed_lambda.lazy import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Upper bounds of what is packed or read; each is checked before memory is spent on it.

    Attributes:
        unzipped_bytes: Sum of the sizes of all entries.
        entries: Files, links and folders.
        zip_bytes: Of the zip itself.
        paths_characters: Of all names and of the folders above each, counted anew for each name.
    """

    unzipped_bytes: int
    entries: int
    zip_bytes: int
    paths_characters: int = 250_000_000


LAMBDA_LIMITS: Final = Limits(
    unzipped_bytes=262_144_000,
    entries=50_000,
    zip_bytes=262_144_000,
)
"""What is taken for a build.

`unzipped_bytes` is Lambda's "250 MB (unzipped)". `entries` is ours: Lambda names no number, and
50,000 is above any package seen and below 65,535, where zip64 begins. `zip_bytes` is Signer's
maxSizeInMB of the platform AWSLambda-SHA384-ECDSA. `paths_characters` is ours: of names as long and
deep as they may be, a zip of 8 MB, which git stores in 33 KB, took 580 MB of memory for folders;
50,000 names of 200 characters, 15 folders deep, have 150 million.

Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html ;
https://docs.aws.amazon.com/signer/latest/api/API_GetSigningPlatform.html
"""

SIGNED_LIMITS: Final = Limits(
    unzipped_bytes=LAMBDA_LIMITS.unzipped_bytes + 1_048_576,
    entries=LAMBDA_LIMITS.entries + 2,
    zip_bytes=LAMBDA_LIMITS.zip_bytes + 33_554_432,
)
"""What is taken for a signed zip: a full build, the two entries that Signer adds, and the bytes
that another compressor may need more."""

PATH_BYTES_MAX: Final = 4_085
"""Longest name in a package: Linux's PATH_MAX of 4,096 less "/var/task/" and the closing NUL.

Source: https://man7.org/linux/man-pages/man3/pathconf.3.html
"""

COMPONENT_BYTES_MAX: Final = 255
"""Longest file or folder name (NAME_MAX).

Source: https://man7.org/linux/man-pages/man3/pathconf.3.html
"""

DEPTH_MAX: Final = 256
"""Folders within folders: bounds the file descriptors that a walk holds open."""

LINK_TARGET_BYTES_MAX: Final = 4_095
"""Longest target of a symbolic link (PATH_MAX less the closing NUL).

Source: https://man7.org/linux/man-pages/man2/symlink.2.html
"""

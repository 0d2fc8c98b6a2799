"""What a reader is told to do about a refused signature; the same few sentences everywhere.

Imports nothing. Must not promise what was left unchanged: only the run knows.
"""

from __future__ import annotations

from typing import Final

DO_NOT_DEPLOY: Final = (
    "Do not deploy this object: AWS Signer did not make it as it is. Find out who can write to the"
    " signed prefix of the bucket, then sign the package again"
)
"""For bytes that Signer would not have written."""

CHECK_ROOT: Final = (
    "Do not deploy this object. Behind an emulator, give the root certificate of its signer; on AWS"
    " the only root that is trusted is the one pinned in signed_lambda/signature"
)
"""For a chain that does not end where it must."""

SIGN_AGAIN: Final = "Sign the package again"
"""For a good signature that is no longer of use."""

CHECK_CLOCK: Final = "Check this machine's clock; if it is right, do not deploy this object"
"""For a time that has not come yet."""

NOT_OURS: Final = (
    "Do not deploy this object: it is signed, but not by the job of this run. Another writer"
    " replaced it, or an older signed zip was replayed; sign the package again"
)
"""For a good signature of something else."""

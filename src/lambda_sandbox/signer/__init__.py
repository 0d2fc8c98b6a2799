"""AWS Signer with its measured semantics, and zips that are really signed.

`forge` beside it makes the zips that an attacker would.
"""

from lambda_sandbox.signer.behaviour import Behaviour
from lambda_sandbox.signer.service import SignerService

__all__ = ["Behaviour", "SignerService"]

"""The package: a reproducible zip of the source, a strict zip reader, and their comparison.

Everything that comes in here is hostile: names and bytes of the workspace, and zips that others
wrote. May import errors and model; reads the workspace, writes only where it is told to.
"""

from signed_lambda.package.comparison import Difference, compare
from signed_lambda.package.contents import ZipContents, ZipEntry
from signed_lambda.package.dependencies import Dependency, owners
from signed_lambda.package.limits import LAMBDA_LIMITS, SIGNED_LIMITS, Limits
from signed_lambda.package.names import SIGNATURE_FILE, SIGNATURE_FOLDER
from signed_lambda.package.packing import pack
from signed_lambda.package.reader import read_zip, reopen

__all__ = [
    "LAMBDA_LIMITS",
    "SIGNATURE_FILE",
    "SIGNATURE_FOLDER",
    "SIGNED_LIMITS",
    "Dependency",
    "Difference",
    "Limits",
    "ZipContents",
    "ZipEntry",
    "compare",
    "owners",
    "pack",
    "read_zip",
    "reopen",
]

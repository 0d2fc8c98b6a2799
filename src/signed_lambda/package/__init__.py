"""The package: a reproducible zip of the source, a strict zip reader, and their comparison.

Everything that comes in here is hostile: names and bytes of the workspace, and zips that others
wrote. May import errors and model; reads the workspace, writes only where it is told to.

`pack` and what it needs is imported when it is named: most commands only read zips.
"""

from typing import TYPE_CHECKING

from signed_lambda.package.ahead import Ahead
from signed_lambda.package.comparison import Difference, compare
from signed_lambda.package.contents import ZipContents, ZipEntry
from signed_lambda.package.dependencies import Dependency, owners
from signed_lambda.package.limits import LAMBDA_LIMITS, SIGNED_LIMITS, Limits
from signed_lambda.package.names import SIGNATURE_FILE, SIGNATURE_FOLDER
from signed_lambda.package.reader import read_zip, reopen
from signed_lambda.package.worker import Search, folded, plain

if TYPE_CHECKING:
    from signed_lambda.package.packing import pack

__all__ = [
    "LAMBDA_LIMITS",
    "SIGNATURE_FILE",
    "SIGNATURE_FOLDER",
    "SIGNED_LIMITS",
    "Ahead",
    "Dependency",
    "Difference",
    "Limits",
    "Search",
    "ZipContents",
    "ZipEntry",
    "compare",
    "folded",
    "owners",
    "pack",
    "plain",
    "read_zip",
    "reopen",
]


def __getattr__(name: str) -> object:
    """What writes zips. Source: PEP 562."""
    if name == "pack":
        from signed_lambda.package.packing import pack  # noqa: PLC0415 - lazy: see above

        return pack
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

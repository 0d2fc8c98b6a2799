"""What of the job's environment the program sees: a list of names. Libraries see none of it.

Every earlier step of the job can write variables (GITHUB_ENV), and libraries read more of them
than anybody knows: OPENSSL_CONF loads native code, SSLKEYLOGFILE writes the keys of each connection
to a file, AWS_DATA_PATH and HOME bring service models that send signed requests elsewhere. So the
process loses its whole environment before a library is imported, and the program is handed what it
knows.

The entry point calls `take` before anything else is imported: may import the standard library's
small modules, and nothing of this package.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

CREDENTIALS: Final = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
)
REGIONS: Final = ("AWS_REGION", "AWS_DEFAULT_REGION")
_NAMES: Final = frozenset({*CREDENTIALS, *REGIONS, "CI"})
_PREFIXES: Final = ("INPUT_", "GITHUB_", "RUNNER_")
_REDIRECTING: Final = re.compile(
    r"AWS_ENDPOINT_URL(_.*)?|AWS_(DEFAULT_)?PROFILE|AWS_CONFIG_FILE|AWS_SHARED_CREDENTIALS_FILE|"
    r"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI|AWS_DATA_PATH|AWS_CA_BUNDLE|REQUESTS_CA_BUNDLE|"
    r"CURL_CA_BUNDLE|SSL_CERT_(FILE|DIR)|(?i:(https?|all)_proxy)"
)
"""Variables that change where requests go, as whom, or whom they trust: not heeded here."""
NOWHERE: Final = {
    "HOME": "/nonexistent",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""All that is left for libraries. Without HOME they would ask for the user's real home.

/nonexistent is no folder, and Debian promises that it never is one.
Source: https://www.debian.org/doc/debian-policy/ch-opersys.html#non-existent-home-directories
"""


def take(environ: MutableMapping[str, str]) -> dict[str, str]:
    """Takes the environment away from the process: a copy for `main`, nothing for libraries.

    Args:
        environ: os.environ, so that libraries written in C lose it too.
    """
    taken = dict(environ)
    environ.clear()
    environ.update(NOWHERE)
    return taken


def known(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that the program knows."""
    return {
        name: value
        for name, value in environ.items()
        if name in _NAMES or name.startswith(_PREFIXES)
    }


def ignored(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Names of variables that would redirect other tools and are not heeded here, sorted."""
    return tuple(sorted(name for name in environ if environ[name] and _REDIRECTING.fullmatch(name)))

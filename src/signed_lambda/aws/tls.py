"""One TLS context for all connections of a run, whose certificates are read once.

urllib3 has the certificates read anew for each connection: 16 ms of a processor with certifi's, and
a deploy opens some thirty connections, most of them at once (bench/connections.py). Made by hand:
`ssl.create_default_context` listens to SSLKEYLOGFILE.

May import ssl and botocore's path of the certificates.
"""

from __future__ import annotations

import functools
import ssl
import threading
from contextlib import suppress
from typing import Any, Final

from botocore import httpsession


class Context(ssl.SSLContext):
    """Verifies servers; reads each file of certificates once, whoever asks for it and how often."""

    def __init__(self, *_: object) -> None:
        """Args: _: The protocol, which `ssl.SSLContext.__new__` takes."""
        self._reading: Final = threading.Lock()
        self._read: Final[set[object]] = set()

    def load_verify_locations(
        self,
        cafile: Any = None,  # noqa: ANN401 - as the standard library has it
        capath: Any = None,  # noqa: ANN401
        cadata: Any = None,  # noqa: ANN401
    ) -> None:
        """As the standard library's, the first time.

        Raises:
            OSError: The certificates cannot be read.
        """
        asked = (cafile, capath, cadata)
        with self._reading:
            if asked not in self._read:
                super().load_verify_locations(cafile, capath, cadata)
                self._read.add(asked)


@functools.cache
def context() -> Context:
    """The context of this process; it has read nothing yet.

    Source of the options: botocore 1.44 `httpsession.py`, create_urllib3_context.
    """
    made = Context(ssl.PROTOCOL_TLS_CLIENT)
    made.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_TICKET
    made.post_handshake_auth = True
    return made


def trusting() -> Context:
    """The context of this process, its certificates read: those that botocore trusts.

    Raises:
        OSError: They cannot be read.
    """
    context().load_verify_locations(httpsession.get_cert_path(verify=True))
    return context()


def read_ahead() -> None:
    """Reads the certificates, beside whatever else is done; what fails is told where they count."""
    with suppress(OSError):
        trusting()


def share_with_botocore() -> None:
    """Has botocore take the context for each client that is made from now on.

    Its sessions make one each, by this function of theirs, and have no setting for it.
    """
    httpsession.create_urllib3_context = context

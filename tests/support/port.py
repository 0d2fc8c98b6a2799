"""A sandbox of this process on a port, for programs that are no part of it."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lambda_sandbox.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambda_sandbox import Sandbox


@contextmanager
def on_a_port(sandbox: Sandbox) -> Iterator[str]:
    """Serves it on loopback; its address."""
    server = Server("127.0.0.1", 0, sandbox.wsgi)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.stop()
        thread.join()
        server.server_close()

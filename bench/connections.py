"""What a run's one TLS context saves: twenty connections at once, as a deploy opens them.

`python bench/connections.py [--rounds N]`: medians of interleaved runs, each in a process of its
own. Twenty threads ask one client of botocore's over TLS on loopback; once with the context that
botocore makes, which reads the certificates (certifi's, and the server's) for each connection, and
once with the product's (aws/tls.py). The clock runs from the first question to the last answer.
"""

from __future__ import annotations

import sys
import tempfile
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Final

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

import certifi

from bench.figures import Run, Sheet, arguments, interleave, process
from bench.installs import entrypoint, product
from tests.support.certified import certified

if TYPE_CHECKING:
    import ssl

CONNECTIONS: Final = 20
ASKS: Final = """
import sys, threading, time

app, context, url, pem, count = sys.argv[1:]
sys.path.insert(0, app + "/src")
from botocore import httpsession
from signed_lambda.aws import session

httpsession.where = lambda: pem
if context == "botocore":
    session.share_with_botocore = lambda: None
keys = {"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s"}
client = session.make_clients(
    keys, region="eu-west-1", endpoint_url=url, mask=lambda secret: None
).sts
threads = [threading.Thread(target=client.get_caller_identity) for _ in range(int(count))]
began, cpu = time.perf_counter(), time.process_time()
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(time.perf_counter() - began, time.process_time() - cpu)
"""
NOBODY: Final = (
    b"<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111122223333</Account>"
    b"</GetCallerIdentityResult></GetCallerIdentityResponse>"
)


class _Answers(BaseHTTPRequestHandler):
    """Says who asks."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def do_POST(self) -> None:
        """The answer of GetCallerIdentity."""
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", str(len(NOBODY)))
        self.end_headers()
        self.wfile.write(NOBODY)


class _Server(ThreadingHTTPServer):
    """Takes all connections at once."""

    request_queue_size = CONNECTIONS
    daemon_threads = True


def trusted(pem: Path) -> ssl.SSLContext:
    """A server's context; `pem` holds its certificate and certifi's."""
    context = certified(pem, "127.0.0.1")
    pem.write_bytes(Path(certifi.where()).read_bytes() + pem.read_bytes())
    return context


def main() -> None:
    """Measures and tells."""
    options = arguments(__doc__).parse_args()
    sheet = Sheet("Connections over TLS", (__doc__ or "").partition("\n\n")[2])
    python = product()
    with tempfile.TemporaryDirectory(prefix="connections-") as folder:
        pem = Path(folder) / "roots.pem"
        server = _Server(("127.0.0.1", 0), _Answers)
        server.socket = trusted(pem).wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"https://127.0.0.1:{server.server_address[1]}"

        def ask(context: str) -> Run:
            app = entrypoint(python).parent
            words = [python, "-I", "-B", "-c", ASKS, app, context, url, pem, str(CONNECTIONS)]
            seconds, cpu_s = map(float, process([str(word) for word in words])[1].split())
            return Run(seconds, cpu_s)

        sides = {name: partial(ask, name) for name in ("product", "botocore")}
        found = interleave(sides, options.rounds)
        server.shutdown()
    ours, theirs = found["product"], found["botocore"]
    sheet.add(
        f"{CONNECTIONS} connections at once, beside one context a client",
        measured=f"{ours.times(theirs):.1f}x, CPU {theirs.cpu_s / ours.cpu_s:.1f}x",
        sides=(ours, theirs),
    )
    sheet.tell("python bench/connections.py", options.json)


if __name__ == "__main__":
    main()

"""The signed zip's verification beside its download: how much longer, and with how much memory.

`python bench/verification.py [--rounds N] [--tree FOLDER]`: a site-packages tree of 250 MB is
packed and signed by the sandbox's Signer; then, in turn and each in a process of its own, the
signed zip is downloaded and its SHA-256 made, and downloaded and verified: hash, every entry
unpacked and compared with the build, the signature's digest, signature and chain. Both use the
product's own download, by HTTP over loopback at 90 MB/s.

One connection to S3 gives 85 to 90 MB/s. Source:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance-guidelines.html
"""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from bench.figures import CACHE, Run, Sheet, arguments, interleave, process
from bench.installs import installed, tool
from lambda_sandbox import Sandbox
from lambda_sandbox.core import VirtualClock
from lambda_sandbox.estate import make_estate
from signed_lambda.aws.files import store
from signed_lambda.chain.verify_signed import unpack_ahead, verify_signed
from signed_lambda.chain.workbench import Lanes, Workbench
from signed_lambda.clock import Deadline
from signed_lambda.cloud import Download
from signed_lambda.journal import Journal
from signed_lambda.package import pack
from signed_lambda.runner import Runner
from signed_lambda.signals import StopFlag
from signed_lambda.signature import TrustRoots

RATE: Final = 90e6
PIECE: Final = 262_144
ASKED, ASKED_MB = 1.3, 150
WHEELS = ("numpy", "pandas", "matplotlib", "networkx", "sqlalchemy", "cryptography", "boto3")


def site_packages() -> Path | str:
    """A tree as pip installs it, without bytecode; or why there is none."""
    folder = CACHE / "tree-site-packages"
    into = ["--target", ".", "--python", sys.executable]
    words = [tool("uv"), "pip", "install", "-q", *into, *WHEELS]
    return installed("numpy and others", folder, words) or folder


class _Paced(BaseHTTPRequestHandler):
    """Serves one file at the rate of one connection to S3."""

    body: bytes = b""

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def do_GET(self) -> None:
        """The file."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        begun = time.perf_counter()
        for at in range(0, len(self.body), PIECE):
            self.wfile.write(self.body[at : at + PIECE])
            ahead_s = (at + PIECE) / RATE - (time.perf_counter() - begun)
            if ahead_s > 0:
                time.sleep(ahead_s)


def serve(path: Path) -> None:
    """Serves the file until the process is ended; prints the address."""
    handler = type("_File", (_Paced,), {"body": path.read_bytes()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    print(f"http://127.0.0.1:{server.server_address[1]}/", flush=True)
    server.serve_forever()


# -- what is measured, each in a process of its own


def child(what: str, url: str, folder: Path) -> None:
    """Downloads, or downloads and verifies; prints seconds, CPU and memory."""
    facts: dict[str, Any] = pickle.loads((folder / "facts").read_bytes())  # noqa: S301 - ours
    clock = VirtualClock(facts["now"])
    roots = TrustRoots.from_pem(facts["root"])
    to = folder / f"{what}-{time.monotonic_ns()}.zip"
    began = time.perf_counter(), time.process_time()
    with urllib.request.urlopen(url) as stream:  # noqa: S310 - our server's
        ahead = unpack_ahead() if what == "verified" else None
        sha256, size = store(stream, to, size_bytes=facts["size"], what="zip", watch=ahead)
    if ahead is not None:
        bench = Workbench(
            cloud=None,  # type: ignore[arg-type] # nothing is asked of AWS
            clock=clock,
            deadline=Deadline.after(clock, 60, StopFlag().check),
            journal=Journal(clock, Runner({}, sys.stderr)),
            folder=folder,
            roots=lambda: roots,
            lanes=Lanes(),
            spread=lambda: 0.0,
        )
        verified = verify_signed(
            bench,
            Download(to, sha256, size, "1"),
            job_arn=facts["job"],
            profile_version_arn=facts["profile"],
            build=facts["build"],
            ahead=ahead,
        )
        assert verified.signature.content_digest_matches
    taken = time.perf_counter() - began[0], time.process_time() - began[1]
    to.unlink()
    print(json.dumps([*taken, peak_mb()]))


def peak_mb() -> float:
    """The largest resident memory of this program; `getrusage` counts whoever started it, too."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return next(int(x.split()[1]) / 1024 for x in status.splitlines() if x.startswith("VmHWM"))


def run(what: str, url: str, folder: Path) -> Run:
    """One process of `child`; only its own measure counts."""
    _, text = process([sys.executable, __file__, "--child", what, url, folder])
    return Run(*json.loads(text.splitlines()[-1]))


# -- the signed zip


def make(tree: Path, folder: Path) -> int:
    """Packs and signs the tree; leaves what the children need; bytes of the signed zip."""
    package = pack(
        Path(tree.name),
        workspace=tree.parent.resolve(),
        into=folder,
        include=(),
        exclude=(),
        allow_secret_files=True,
    )
    sandbox = Sandbox()
    session = sandbox.session()
    estate = make_estate(session.client, sleep=sandbox.clock.sleep)
    s3, signer = session.client("s3"), session.client("signer")
    put = s3.put_object(Bucket=estate.bucket, Key="in.zip", Body=package.path.read_bytes())
    job_id = signer.start_signing_job(
        source={"s3": {"bucketName": estate.bucket, "key": "in.zip", "version": put["VersionId"]}},
        destination={"s3": {"bucketName": estate.bucket, "prefix": "out/"}},
        profileName=estate.profile,
    )["jobId"]
    sandbox.clock.advance(timedelta(minutes=1).total_seconds())
    job = signer.describe_signing_job(jobId=job_id)
    body = s3.get_object(Bucket=estate.bucket, Key=job["signedObject"]["s3"]["key"])["Body"].read()
    (folder / "signed.zip").write_bytes(body)
    place = f"arn:aws:signer:{sandbox.world.region}:{sandbox.world.account}:/signing-jobs"
    facts = {
        "now": sandbox.clock.now(),
        "root": sandbox.signer_root_pem,
        "job": f"{place}/{job_id}",
        "profile": estate.profile_version_arn,
        "size": len(body),
        "build": package,
    }
    (folder / "facts").write_bytes(pickle.dumps(facts))
    return len(body)


def measure(rounds: int, tree: Path | str, folder: Path) -> Sheet:
    """Both sides in turn."""
    sheet = Sheet("Verification of the signed zip", (__doc__ or "").partition("\n\n")[2])
    if isinstance(tree, str):
        sheet.skip("all", tree)
        return sheet
    size = make(tree, folder)
    server = subprocess.Popen(
        [sys.executable, __file__, "--serve", str(folder / "signed.zip")],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        sides = {
            name: lambda what=what: run(what, url, folder)
            for name, what in (
                ("download and SHA-256", "hashed"),
                ("download, verified", "verified"),
            )
        }
        found = interleave(sides, rounds)
    finally:
        server.terminate()
        server.wait()
    plain, ours = found["download and SHA-256"], found["download, verified"]
    ratio = plain.times(ours)
    sheet.add(
        f"Signed zip of {size / 1e6:.0f} MB",
        asked=f"at most {ASKED}x download and SHA-256",
        measured=f"{ratio:.2f}x",
        reached=ratio <= ASKED,
        sides=(ours, plain),
    )
    sheet.add(
        "Peak of memory",
        asked=f"under {ASKED_MB} MB",
        measured=f"{ours.rss_mb:.0f} MB",
        reached=ours.rss_mb < ASKED_MB,
    )
    return sheet


if __name__ == "__main__":
    if "--serve" in sys.argv:
        serve(Path(sys.argv[-1]))
    elif "--child" in sys.argv:
        child(sys.argv[-3], sys.argv[-2], Path(sys.argv[-1]))
    else:
        parser = arguments(__doc__)
        parser.add_argument("--tree", type=Path, help="another tree than that of pip")
        given = parser.parse_args()
        with tempfile.TemporaryDirectory(prefix="verification-") as name:
            told = measure(given.rounds, given.tree or site_packages(), Path(name))
            told.tell("python bench/verification.py", given.json)

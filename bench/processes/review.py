"""One process of scan_speed.py: packs a tree, reviews it, and prints what each took, as JSON.

By itself: what the bench imports is not of the review. `python bench/processes/review.py TREE`
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from entrypoint import collect_rarely
from signed_lambda.clock import SystemClock
from signed_lambda.package import pack
from signed_lambda.scan import review
from signed_lambda.signals import StopFlag


def main(tree: Path) -> None:
    """Packs and reviews."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter(), time.process_time()
        package = pack(
            Path(tree.name),
            workspace=tree.parent.resolve(),
            into=Path(folder),
            include=(),
            exclude=(),
            allow_secret_files=True,
        )
        packed = time.perf_counter(), time.process_time()
        done = review(package, "orders", SystemClock(StopFlag()))
        ended = time.perf_counter(), time.process_time()
    told = {
        "pack": packed[0] - began[0],
        "pack_cpu": packed[1] - began[1],
        "review": ended[0] - packed[0],
        "review_cpu": ended[1] - packed[1],
        "files": done.files + done.installed,
        "unread": len(done.unread),
        "rules": sorted({finding.rule for finding in done.findings}),
    }
    print(json.dumps(told))


collect_rarely()
main(Path(sys.argv[1]))

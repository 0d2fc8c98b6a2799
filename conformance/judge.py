"""Runs a case with a tool and says whether what must hold, holds. Trusts only the world.

May import `lambda_sandbox` through the kit's world; reads no report of the tool.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from conformance.sources import files_of, write_source
from conformance.world import world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.case import Case
    from conformance.tools import Ended, Tool
    from conformance.world import Served, World

_REFUSED = 400


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a case.

    Attributes:
        outcome: "not offered": the tool has no such feature; "not reached": the tool made no call
            before which something was to happen. Neither says anything about it.
        broken: What did not hold.
        log: Of the tool.
    """

    case: Case
    tool: str
    outcome: Literal["holds", "broken", "not offered", "not reached"]
    broken: tuple[str, ...] = ()
    log: str = ""


def judge(case: Case, tool: Tool) -> Verdict:
    """Runs the case once, in a fresh world and a fresh workspace."""
    if not case.needs <= tool.offers:
        return Verdict(case, tool.name, "not offered")
    folder = Path(tempfile.mkdtemp(prefix="conformance-"))
    try:
        workspace = folder / "workspace"
        workspace.mkdir()
        source = write_source(case.source, workspace)
        signed, by_alias = "signing" in tool.offers, "alias" in tool.offers
        with world(signed=signed, by_alias=by_alias) as at:
            at.arrange(case.given, case.during, case.faults)
            for _ in range(case.runs - 1):
                tool.run(case, at, workspace, source)
                at.begin()
            ended = tool.run(case, at, workspace, source)
            reached = not at.sandbox.gateway.before
            broken = tuple(_broken(case, at, workspace / source, ended))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if not reached:
        return Verdict(case, tool.name, "not reached", (), ended.log)
    return Verdict(case, tool.name, "broken" if broken else "holds", broken, ended.log)


def _broken(case: Case, at: World, source: Path, ended: Ended) -> Iterator[str]:
    writes = [f"{c.service}:{c.operation}" for c in at.calls() if c.write and c.status < _REFUSED]
    if "Traceback (most recent call last)" in ended.log:
        yield "it ended in a traceback"
    must = case.must
    if must == "safe":
        must = "release" if ended.exit_code == 0 else "refuse"
    if must == "refuse":
        yield from _refused(at, ended)
    elif ended.exit_code != 0:
        yield f"it failed with exit code {ended.exit_code}"
    elif must == "release":
        yield from _released(at, source)
    elif must == "keep":
        yield from _unchanged(at)
    else:
        now = at.served()
        if now is None or now.sha256 != at.releases[case.to_release - 1]:
            yield f"callers do not get release {case.to_release}"
    allowed = {"any": set(writes), "none": set(), "alias": {"lambda:UpdateAlias"}}[case.writes]
    if more := [w for w in writes if must == "keep" or w not in allowed]:
        yield f"it wrote: {', '.join(more)}"
    now = at.served()
    got = set(at.files(now.version)) if now is not None else set()
    for name in sorted(got & set(case.without)):
        yield f"callers get {name}"


def _refused(at: World, ended: Ended) -> Iterator[str]:
    if ended.exit_code == 0:
        yield "it did not fail"
    yield from _unchanged(at)


def _unchanged(at: World) -> Iterator[str]:
    now = at.served()
    if now != at.expected:
        yield f"callers get {_told(now)} instead of {_told(at.expected)}"


def _released(at: World, source: Path) -> Iterator[str]:
    now = at.served()
    if now is None:
        yield "callers get nothing"
        return
    if now.weights:
        yield "only a part of the callers gets it"
    if source.is_dir():
        wanted = files_of(source)
        got = at.files(now.version)
        left_out = {n for n in wanted if n not in got}
        differing = sorted(n for n in got if got[n] not in wanted.get(n, ()))
        if differing or left_out - {".env"}:
            yield f"callers get other files: {', '.join(differing or sorted(left_out))}"
    before = at.expected
    if before is not None and now.configuration != before.configuration:
        yield "callers get another configuration"


def _told(served: Served | None) -> str:
    if served is None:
        return "nothing"
    return f"version {served.version} ({served.sha256[:8]}, weights {dict(served.weights)})"

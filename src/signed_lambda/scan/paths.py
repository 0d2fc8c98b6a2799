"""Objects of S3 that are written by their path: s3fs, fsspec, awswrangler, pandas, smart_open.

Imports `form`, `values`, `names`, `evaluate`.
Source: https://s3fs.readthedocs.io/en/latest/api.html, https://aws-sdk-pandas.readthedocs.io,
https://pandas.pydata.org/docs/user_guide/io.html#reading-writing-remote-files and
https://github.com/piskvorky/smart_open
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import regex
from signed_lambda.scan.form import Member
from signed_lambda.scan.names import words
from signed_lambda.scan.values import Lit, Str

if TYPE_CHECKING:
    from signed_lambda.scan.evaluate import Evaluator
    from signed_lambda.scan.form import Call
    from signed_lambda.scan.values import Atom, Frame, Value

FRAMES: Final = words("tocsv toparquet tojson toexcel topickle toorc tofeather todeltalake")
"""Methods of a data frame, and functions of awswrangler."""
FILES: Final = words("open put pipe pipefile writetext writebytes touch upload")
"""Methods of a file system, and `smart_open.open`."""
_SYSTEMS: Final = frozenset({"s3fs", "fsspec", "smart_open", "awswrangler"})
_SECOND: Final = frozenset({"put", "upload"})
"""What is local comes first."""
_NAMES: Final = frozenset({"path", "path_or_buf", "excel_writer", "rpath", "uri"})
_SCHEME: Final = regex(r"^s3[an]?://")
_WRITES: Final = regex(r"[wax+]")


def written(
    name: str, call: Call, frame: Frame, evaluator: Evaluator
) -> tuple[tuple[Value, ...], tuple[Value, ...]] | None:
    """Bucket and key of what a call writes; None for a call that writes nothing to S3.

    Args:
        name: Canonical, one of `FRAMES` and `FILES`.
        call: Any call of that name.
        frame: Where.
        evaluator: For it.
    """
    systems = _system(call, frame, evaluator)
    if name in FILES and not systems:
        return None
    if name == "open" and not _is_write(call, frame, evaluator):
        return None
    given = [value for key, value in call.named if key in _NAMES]
    place = 1 if name in _SECOND or ("awswrangler" in systems and name in FRAMES) else 0
    given += call.args[place : place + 1]
    buckets: list[Value] = []
    keys: list[Value] = []
    for expr in given[:1]:
        for value in evaluator.values(expr, frame):
            parts = bucket_and_key(value, bare="s3fs" in systems or "fsspec" in systems)
            if parts is not None:
                buckets.append(parts[0])
                keys.append(parts[1])
    return (tuple(buckets), tuple(keys)) if buckets else None


def _system(call: Call, frame: Frame, evaluator: Evaluator) -> set[str]:
    of = call.func.of if isinstance(call.func, Member) else call.func
    paths = [v.path for v in evaluator.values(of, frame) if isinstance(v, Str)]
    return {path.root for path in paths if path is not None} & _SYSTEMS


def _is_write(call: Call, frame: Frame, evaluator: Evaluator) -> bool:
    modes = [value for key, value in call.named if key == "mode"] or call.args[1:2]
    found = [v for mode in modes for v in evaluator.values(mode, frame)]
    return any(isinstance(v, Str) and _WRITES.search(v.literal or "") for v in found)


def bucket_and_key(value: Value, *, bare: bool = False) -> tuple[Str, Str] | None:
    """The parts of `s3://bucket/key`, None for any other text.

    Args:
        value: A path.
        bare: Whether it may stand without its scheme.
    """
    atoms: list[Atom] = list(value.atoms) if isinstance(value, Str) else []
    first = atoms[0] if atoms else None
    said = _SCHEME.match(first.text) if isinstance(first, Lit) else None
    if isinstance(first, Lit) and said is not None:
        rest = first.text[said.end() :]
        atoms = [Lit(rest), *atoms[1:]] if rest else atoms[1:]
    elif not bare:
        return None
    for place, atom in enumerate(atoms):
        if isinstance(atom, Lit) and "/" in atom.text:
            before, _, after = atom.text.partition("/")
            bucket = (*atoms[:place], *([Lit(before)] if before else []))
            key = (*([Lit(after)] if after else []), *atoms[place + 1 :])
            return (Str(bucket), Str(key or (Lit(""),))) if bucket else None
    return None

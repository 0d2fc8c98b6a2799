"""What a source holds, before anything is packed: the common form of a folder and of a .zip.

May import errors, model and this package's pure modules. Never opens a file.
"""

from __future__ import annotations

from dataclasses import field
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from signed_lambda.errors import Problem, SourceError
from signed_lambda.lazy import dataclass
from signed_lambda.model import EntryKind, LeftOut, LeftOutReason
from signed_lambda.package.links import NameTree
from signed_lambda.package.names import (
    SIGNATURE_FILE,
    SIGNATURE_FOLDER,
    paths_characters,
    shown,
    twin_notes,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType
    from typing import Self

    from signed_lambda.package.limits import Limits
    from signed_lambda.package.worker import Effort, Squeezed

PROBLEMS_MAX: Final = 50
"""Problems told in one error; the rest are counted."""


class Found(NamedTuple):
    """A file or link that is to be packed.

    Attributes:
        name: In the package.
        kind: File or link.
        executable: Whether its owner may run it.
        size_bytes: Of its content.
        link_target: Of a link, as it stands there; "" of a file.
        stamp: Of a file in a folder, see `worker.stamp_of`; b"" of others.
    """

    name: str
    kind: EntryKind
    executable: bool
    size_bytes: int
    link_target: str = ""
    stamp: bytes = b""


class Source(Protocol):
    """A folder or zip that is held open while it is packed."""

    def squeeze(self, files: Sequence[Found], effort: Effort) -> list[Squeezed]:
        """The contents of files, exactly as they were listed, compressed; from any thread.

        Raises:
            DeployError: A file cannot be read, or is another than was listed.
        """

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None: ...


@dataclass(slots=True)
class Survey:
    """Collects what a walk finds; `close` turns it into a listing.

    Attributes:
        place: The source as the user wrote it, for messages.
        found: Files and links to pack.
        compiled: Modules of Python without their source's name: packed only where that is missing.
        left_out: Reason by name; folders with a closing "/".
        folders: Names of all folders that were entered.
        problems: What forbids packing.
        notes: Warnings for the report.
    """

    place: str
    found: list[Found] = field(default_factory=list)
    compiled: list[Found] = field(default_factory=list)
    left_out: dict[str, LeftOutReason] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def refuse(self, id_: str, what: str, do: str) -> None:
        """Notes a problem; the walk goes on, so that all are told together."""
        self.problems.append(Problem(id_, what, do))

    def path(self, name: str | bytes) -> str:
        """The name as the user finds it: below the source."""
        return f"{self.place.rstrip('/')}/{shown(name)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What is packed, in order, and what is not.

    Attributes:
        found: Sorted by the UTF-8 bytes of their names.
        left_out: Sorted likewise.
        notes: Warnings for the report.
    """

    found: tuple[Found, ...]
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]


def settle(survey: Survey, limits: Limits) -> Listing:
    """Checks the survey as a whole and puts it in order.

    Raises:
        SourceError: With all problems: those met on the walk, limits, links, nothing to pack.
    """
    _settle_compiled(survey)
    _check_limits(survey, limits)
    if not survey.problems:
        _check_links(survey)
        _check_signature(survey)
    if not survey.problems and not survey.found:
        _refuse_nothing(survey)
    if survey.problems:
        survey.problems.sort(key=lambda p: (p.what, p.id))
        told = survey.problems[:PROBLEMS_MAX]
        more = len(survey.problems) - len(told)
        if more:
            last = told[-1]
            told[-1] = Problem(last.id, f"{last.what} (and {more:,} more problems)", last.do)
        raise SourceError(*told)
    survey.found.sort(key=itemgetter(0))  # code points have the order of their UTF-8 bytes
    return Listing(
        found=tuple(survey.found),
        left_out=tuple(
            LeftOut(name, survey.left_out[name]) for name in sorted(survey.left_out, key=str.encode)
        ),
        notes=(*survey.notes, *twin_notes(f.name for f in survey.found), *_one_folder(survey)),
    )


def _settle_compiled(survey: Survey) -> None:
    """Leaves out `a.pyc` where `a.py` is packed, which Python takes before it; keeps it elsewhere.

    Source: https://docs.python.org/3/library/importlib.html#importlib.machinery.PathFinder and
    https://docs.python.org/3/library/py_compile.html (FileFinder: source before bytecode)
    """
    names = {found.name for found in survey.found} if survey.compiled else set()
    alone = [item for item in survey.compiled if item.name.removesuffix("c") not in names]
    survey.left_out |= {item.name: "bytecode" for item in survey.compiled}
    for item in alone:
        del survey.left_out[item.name]
    survey.found += alone
    if alone:
        told = ", ".join(shown(item.name) for item in alone[:3])
        more = f" and {len(alone) - 3:,} more" if len(alone) > 3 else ""  # noqa: PLR2004 - as above
        survey.notes.append(
            f"{told}{more}: compiled Python without its source, packed as it is. No review reads "
            "it, and its bytes, so the build's hash, hold the time of the source it was made of."
        )


def _check_limits(survey: Survey, limits: Limits) -> None:
    if len(survey.found) > limits.entries:
        fullest, count = _fullest(survey)
        survey.refuse(
            "E-SOURCE-10",
            f"{survey.place} holds {len(survey.found):,} files, limit {limits.entries:,}; "
            f"{fullest} has {count:,}",
            "Leave out what the function does not need: `exclude` or .lambdaignore",
        )
    characters = paths_characters(f.name for f in survey.found)
    if characters > limits.paths_characters:
        survey.refuse(
            "E-SOURCE-10",
            f"the names in {survey.place}, with the folders above each, have {characters:,}"
            f" characters, limit {limits.paths_characters:,}",
            "Give the files shorter names, or fewer folders within folders",
        )
    total_bytes = sum(f.size_bytes for f in survey.found)
    if total_bytes > limits.unzipped_bytes:
        largest = sorted(survey.found, key=lambda f: (-f.size_bytes, f.name))[:5]
        listed = ", ".join(f"{shown(f.name)} ({f.size_bytes:,})" for f in largest)
        survey.refuse(
            "E-SOURCE-09",
            f"{survey.place} holds {total_bytes:,} bytes, limit {limits.unzipped_bytes:,}; "
            f"largest: {listed}",
            "Leave out what the function does not need: `exclude` or .lambdaignore",
        )


def _fullest(survey: Survey) -> tuple[str, int]:
    """The top folder with the most files, and how many."""
    counts: dict[str, int] = {}
    for found in survey.found:
        top, slash, _ = found.name.partition("/")
        place = shown(top) if slash else "the top folder"
        counts[place] = counts.get(place, 0) + 1
    return max(counts.items(), key=lambda item: (item[1], item[0]))


_LINK_PROBLEMS: Final = {
    "absolute": ("E-SOURCE-15", "is absolute", "Make it relative, or copy the file"),
    "outside": ("E-SOURCE-04", "leaves the source", "Remove it, or copy the file"),
    "dangling": ("E-SOURCE-05", "leads to nothing", "Remove it, or add what it leads to"),
    "loop": ("E-SOURCE-16", "is a loop", "Remove it"),
}


def _check_links(survey: Survey) -> None:
    """Refuses links that lead nowhere good; leaves out those to what is left out."""
    links = {f.name: f.link_target for f in survey.found if f.kind == "link"}
    if not links:
        return
    files = {f.name for f in survey.found if f.kind == "file"}
    absent = {name.rstrip("/"): reason for name, reason in survey.left_out.items()}
    tree = NameTree(files=files, links=links, folders=survey.folders, closed=absent)
    dropped: dict[str, LeftOutReason] = {}
    landings: dict[str, str] = {}
    for name, target in links.items():
        landing = tree.follow(name)
        if isinstance(landing, str):
            id_, what, do = _LINK_PROBLEMS[landing]
            survey.refuse(id_, f"{survey.path(name)} -> {shown(target)} {what}", do)
        elif landing.name in absent:
            dropped[name] = absent[landing.name]
        elif landing.is_folder:
            landings[name] = landing.name
    dropped |= _to_empty_folders(landings, files | links.keys() - dropped.keys())
    survey.left_out |= dropped
    survey.found[:] = [f for f in survey.found if f.name not in dropped]


def _to_empty_folders(landings: dict[str, str], kept: set[str]) -> dict[str, LeftOutReason]:
    """The links whose folder is not in the package, because all that it held is left out."""
    dropped: dict[str, LeftOutReason] = {}
    if not landings:
        return dropped
    counts: dict[str, int] = {}
    for name in kept:
        for above in _folders_above(name):
            counts[above] = counts.get(above, 0) + 1
    links_to: dict[str, list[str]] = {}
    for link, folder in landings.items():
        links_to.setdefault(folder, []).append(link)
    empty = [folder for folder in links_to if folder not in counts]
    while empty:
        for link in links_to.get(empty.pop(), ()):
            dropped[link] = "empty-folder"
            for above in _folders_above(link):
                counts[above] -= 1
                if counts[above] == 0:
                    empty.append(above)
    return dropped


def _folders_above(name: str) -> list[str]:
    parts = name.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts))]


def _check_signature(survey: Survey) -> None:
    for found in survey.found:
        if found.name == SIGNATURE_FILE:
            survey.refuse(
                "E-SOURCE-13",
                f"{survey.path(found.name)} is a signature of AWS Signer: this is already signed, "
                "and Signer refuses signed zips",
                "Give the unsigned files",
            )
        elif found.name == SIGNATURE_FOLDER:
            survey.refuse(
                "E-SOURCE-13",
                f"{survey.path(found.name)} is a {found.kind}; Signer puts its signature into a "
                "folder of that name",
                "Rename it",
            )


def _refuse_nothing(survey: Survey) -> None:
    shown_first = [f"{shown(n)} ({why})" for n, why in sorted(survey.left_out.items())[:3]]
    more = len(survey.left_out) - len(shown_first)
    left = f"; left out: {', '.join(shown_first)}" if shown_first else ""
    survey.refuse(
        "E-SOURCE-03",
        f"{survey.place} has no files to pack{left}{f' and {more:,} more' if more > 0 else ''}",
        "Build first, or point `source` at the folder that holds the function's code",
    )


def _one_folder(survey: Survey) -> tuple[str, ...]:
    tops = {f.name.partition("/")[0] if "/" in f.name else "" for f in survey.found}
    if len(tops) != 1 or "" in tops:
        return ()
    return (f"All files are under {shown(tops.pop())}/: a handler is looked up from the top.",)

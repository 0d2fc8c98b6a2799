"""The files of a package that a review is about: what is the function's own, and what calls AWS.

Reads the packed bytes. Imports `package` (to read the zip) and the scan's own modules.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import dataclass
from signed_lambda.package import owners, reopen
from signed_lambda.scan import sdk
from signed_lambda.scan.installed import is_for_browsers, is_sdk, uses_sdk, vendored
from signed_lambda.scan.languages import is_code, language_of
from signed_lambda.scan.reading import MAX_SOURCE_BYTES, Source, Unread
from signed_lambda.scan.sourcemap import MAX_BYTES as MAX_MAP_BYTES

if TYPE_CHECKING:
    from signed_lambda.model import Package
    from signed_lambda.scan.watch import Watch

MAX_TELLING: Final = 200
"""Files of a package that are asked for the version of a bundled SDK."""


@dataclass(slots=True)
class Gathered:
    """The files of a package that a review is about.

    Attributes:
        paths: Of all files with code.
        sources: Those to review.
        unread: Those that are too large.
        installed: How many of installed packages were passed over.
        telling: Names and bytes of files that tell the version of a bundled SDK.
    """

    paths: list[str]
    sources: list[Source] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    installed: int = 0
    telling: list[tuple[str, bytes]] = field(default_factory=list)


def gather(package: Package, watch: Watch) -> Gathered:
    """Picks the files that a review is about, and reads them out of the zip.

    An installed package's file that packing found without any word of `SEARCH` is not read again.

    Args:
        package: The build, packed with `SEARCH`, or without, which takes longer.
        watch: Ends the reading of what takes too long.

    Raises:
        ZipError: E-ZIP-17: the zip is another than the one that was packed.
    """
    contents = reopen(package)
    files = [e for e in contents.entries if e.kind == "file"]
    found = Gathered([e.name for e in files if is_code(e.name)])
    owned = owners(contents, found.paths, versions=False)
    sdks = vendored(p for p in found.paths if p not in owned)
    reviewed = set(found.paths)
    maps = {e.name: e for e in files if e.name.endswith(".map")}

    def beside(path: str) -> bytes | None:
        entry = maps.get(path)
        if entry is None or entry.size_bytes > MAX_MAP_BYTES:
            return None
        return b"".join(contents.chunks(entry))

    with contents.opened() as read:
        for entry in files:
            name, body = entry.name, None
            if len(found.telling) < MAX_TELLING and sdk.tells(name, entry.size_bytes):
                body = read(entry)
                found.telling.append((name, body))
            if name not in reviewed:
                continue
            owner = owned.get(name)
            if owner is None:
                passed_over = name.startswith(sdks)
            else:
                passed_over = (
                    name in package.wordless or is_sdk(owner.name, name) or is_for_browsers(name)
                )
            if passed_over:
                found.installed += 1
            elif entry.size_bytes > MAX_SOURCE_BYTES:
                found.unread.append(Unread(name, f"more than {MAX_SOURCE_BYTES:,} bytes"))
            else:
                body = read(entry) if body is None else body
                installed = owner is not None
                if installed and not uses_sdk(body, language_of(name)):
                    found.installed += 1
                else:
                    found.sources.append(Source(name, body, watch, beside, installed=installed))
    return found

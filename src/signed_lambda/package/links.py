"""Where the symbolic links of a package lead, found in the list of its names alone.

The file system is never asked: what it answers can change between the question and the use, and a
zip has none. Pure: imports nothing of this package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from signed_lambda.lazy import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FOLLOWS_MAX: Final = 40
"""Links that Linux follows in one path before it answers ELOOP.

Source: https://man7.org/linux/man-pages/man7/path_resolution.7.html
"""

STEPS_MAX: Final = 2_000_000
"""Path parts looked up for all links of a package together; a real one needs some thousands."""

Fault = Literal["absolute", "outside", "dangling", "loop"]


@dataclass(frozen=True, slots=True)
class Landing:
    """Where a link ends.

    Attributes:
        name: The name it ends at; "" is the top folder.
        is_folder: Whether that is a folder.
    """

    name: str
    is_folder: bool


class NameTree:
    """Files, links and folders by name, to follow links in."""

    def __init__(
        self,
        *,
        files: Iterable[str],
        links: Mapping[str, str],
        folders: Iterable[str] = (),
        closed: Iterable[str] = (),
        steps_max: int = STEPS_MAX,
    ) -> None:
        """Takes names without a closing "/"; the folders above each name are added.

        Args:
            files: Names of regular files.
            links: Target by name.
            folders: Names of folders.
            closed: Names that are left out: a way that comes there ends there.
            steps_max: Path parts looked up in all; beyond, every link counts as a loop.
        """
        self._links = dict(links)
        self._files = frozenset(files)
        self._closed = frozenset(closed)
        self._folders = set(folders)
        self._steps_left = steps_max
        for name in (*self._files, *self._links, *tuple(self._folders)):
            above = name.rpartition("/")[0]
            while above and above not in self._folders:
                self._folders.add(above)
                above = above.rpartition("/")[0]

    def follow(self, link: str) -> Landing | Fault:
        """The place where the link ends, or why it has none.

        A link that ends at a folder it lies in counts as a loop: whoever follows it never ends.
        """
        here = link.split("/")[:-1]
        todo: list[str] = []
        target = self._links[link]
        follows = 0
        while True:
            if target.startswith("/"):
                return "absolute"
            follows += 1
            if follows > FOLLOWS_MAX:
                return "loop"
            todo.extend(reversed(target.split("/")))
            landing = self._walk(here, todo)
            if not isinstance(landing, _Next):
                break
            target = landing.target
        if isinstance(landing, Landing) and landing.is_folder:
            inside = landing.name == "" or f"{link}/".startswith(f"{landing.name}/")
            return "loop" if inside else landing
        return landing

    def _walk(self, here: list[str], todo: list[str]) -> Landing | Fault | _Next:
        """Takes parts off `todo` until a link, the end or a fault is met; keeps `here` current."""
        while todo:
            self._steps_left -= 1
            if self._steps_left < 0:
                return "loop"
            part = todo.pop()
            if part in {"", "."}:
                continue
            if part == "..":
                if not here:
                    return "outside"
                here.pop()
                continue
            name = "/".join((*here, part))
            if name in self._closed:
                return Landing(name, is_folder=False)
            if name in self._links:
                return _Next(self._links[name])
            if name in self._folders:
                here.append(part)
                continue
            is_file = name in self._files and not todo
            return Landing(name, is_folder=False) if is_file else "dangling"
        return Landing("/".join(here), is_folder=True)


@dataclass(frozen=True, slots=True)
class _Next:
    """A link was met on the way."""

    target: str

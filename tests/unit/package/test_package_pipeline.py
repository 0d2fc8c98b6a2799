"""Many pack at once: the entries come in order, memory is bounded, and nobody is left behind."""

from __future__ import annotations

import os
import resource
import select
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest
from trees import Place, ids, names

from signed_lambda.errors import SourceError
from signed_lambda.package import LAMBDA_LIMITS, crew
from signed_lambda.package.crew import Crew
from signed_lambda.package.folder import Folder
from signed_lambda.package.listing import Found
from signed_lambda.package.pipeline import Pipeline
from signed_lambda.package.rules import Rules
from signed_lambda.package.worker import FOLDER_FLAGS, Search, squeeze
from tests.promises.modules import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from signed_lambda.package.worker import Effort, Squeezed

MANY = crew.MANY_FILES + 50


def many(place: Place) -> None:
    """A tree for which processes are started, with something of everything in it."""
    place.fill({f"p{n % 40:02}/m{n:05}.py": b"x = %d\n" % n * (n % 90) for n in range(MANY)})
    place.fill({"large.bin": bytes(crew.LARGE_BYTES) + b"1", "p00.txt": b"a", "p00-x/y": b""})
    (place.dist / "a-link").symlink_to("p01/m00001.py")
    (place.dist / "p05" / "link").symlink_to("../p00.txt")


def descriptors() -> set[str]:
    """What this process holds open."""
    return {path.name for path in Path("/proc/self/fd").iterdir()}


def children() -> set[int]:
    """The packer's processes that this one started and that are not waited for."""
    tasks = Path("/proc/self/task").glob("*/children")
    found = {int(pid) for task in tasks for pid in task.read_text().split()}
    return {pid for pid in found if b"worker.py" in Path(f"/proc/{pid}/cmdline").read_bytes()}


class Given:
    """A source of contents that are in memory."""

    def __init__(self, contents: dict[str, bytes]) -> None:
        self.contents = contents
        self.asked: list[str] = []

    def squeeze(self, files: Sequence[Found], effort: Effort) -> list[Squeezed]:
        """The contents, compressed."""
        self.asked += [file.name for file in files]
        return [squeeze(self.contents[file.name], effort) for file in files]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def found(contents: dict[str, bytes]) -> list[Found]:
    return [Found(name, "file", False, len(body)) for name, body in contents.items()]


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_entries_come_in_order_whoever_is_ready_first(workers: int) -> None:
    contents = {f"{n:03}": bytes(n * 9_000) for n in range(120)}

    with Pipeline(Given(contents), (1, 1, 0, 0), workers=workers) as pipeline:
        packed = list(pipeline.packed(found(contents)))

    assert [p.entry.name for p in packed] == list(contents)
    assert [p.entry.size_bytes for p in packed] == [len(body) for body in contents.values()]


def test_contents_waiting_to_be_written_are_bounded() -> None:
    size = 600_000
    contents = {str(n): bytes(size) for n in range(12)}
    source = Given(contents)
    most = 0

    with Pipeline(source, (1, 1, 0, 0), workers=2, ahead_bytes=3 * size) as pipeline:
        for written, _ in enumerate(pipeline.packed(found(contents))):
            most = max(most, len(source.asked) - written)

    assert most <= 5


def test_no_more_are_packed_here_at_once_than_there_are_workers() -> None:
    active = most = 0
    guard, both = threading.Lock(), threading.Barrier(2, timeout=60)

    class Counting(Given):
        def squeeze(self, files: Sequence[Found], effort: Effort) -> list[Squeezed]:
            """Counts who is here, and waits for a second one."""
            nonlocal active, most
            with guard:
                active += 1
                most = max(most, active)
            both.wait()
            done = super().squeeze(files, effort)
            with guard:
                active -= 1
            return done

    contents = {str(n): os.urandom(600_000) for n in range(12)}

    with Pipeline(Counting(contents), (1, 1, 0, 0), workers=2) as pipeline:
        list(pipeline.packed(found(contents)))

    assert most == 2


def test_a_file_that_cannot_be_read_stops_the_threads() -> None:
    class Failing(Given):
        def squeeze(self, files: Sequence[Found], effort: Effort) -> list[Squeezed]:
            """Fails in the middle."""
            if files[0].name == "b":
                raise SourceError.of("E-SOURCE-11", "b changed", "")
            return super().squeeze(files, effort)

    contents = {name: bytes(600_000) for name in "abc"}

    with (
        pytest.raises(SourceError),
        Pipeline(Failing(contents), (1, 1, 0, 0), workers=2) as pipeline,
    ):
        list(pipeline.packed(found(contents)))


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_neither_threads_nor_processes_nor_their_number_matter(
    place: Place, monkeypatch: pytest.MonkeyPatch, workers: int, kind: str
) -> None:
    many(place)
    expected = place.pack()
    monkeypatch.setattr(os, "cpu_count", lambda: workers)
    if kind == "threads":
        monkeypatch.setattr(crew, "MANY_FILES", 10**6)

    package = place.pack()

    assert package.sha256 == expected.sha256
    assert package.entries == expected.entries
    assert names(package) == sorted(names(package), key=str.encode)


SEARCH = Search("node_modules", (".js", ".ts"), (".d.ts",), (b"aws-sdk", b"putobject"))


@pytest.mark.parametrize(
    ("name", "content", "wordless"),
    [
        ("node_modules/a/i.js", b"nothing of it", True),
        ("p/node_modules/a/i.ts", b"nothing of it", True),
        ("node_modules/a/i.js", b"require('aws-sdk')", False),
        ("node_modules/a/i.js", b"s3.PutObject()", False),
        ("node_modules/a/i.js", b"s3.put_object()", False),
        ("node_modules/a/i.js", "s3.\uff50utObject()".encode(), False),
        ("node_modules/a/i.js", "// größer als nichts".encode(), True),
        ("node_modules/a/i.js", b"\xff nothing of it", True),
        ("node_modules/a/i.js", b"", True),
        ("node_modules/a/i.d.ts", b"nothing of it", False),
        ("node_modules/a/i.py", b"nothing of it", False),
        ("node_modules.js", b"nothing of it", False),
        ("my_node_modules/i.js", b"nothing of it", False),
        ("a/i.js", b"nothing of it", False),
    ],
)
def test_processes_tell_which_searched_files_have_none_of_the_words(
    place: Place, name: str, content: bytes, *, wordless: bool
) -> None:
    many(place)
    place.fill({name: content})

    package = place.pack(search=SEARCH)

    assert package.wordless == ({name} if wordless else set())
    assert package.sha256 == place.pack().sha256


def test_nothing_is_said_of_words_where_none_are_looked_for(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(place)
    place.fill({"node_modules/a/i.js": b"nothing of it"})

    assert place.pack().wordless == set()
    monkeypatch.setattr(crew, "MANY_FILES", 10**6)  # threads look for none
    assert place.pack(search=SEARCH).wordless == set()


def test_a_file_that_is_too_large_is_refused_before_it_is_read(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Packing begins during the walk: gigabytes would be read, into memory, to refuse them."""
    read: list[str] = []
    squeeze_files = Folder.squeeze

    def recorded(folder: Folder, files: Sequence[Found], effort: Effort) -> list[Squeezed]:
        read.extend(file.name for file in files)
        return squeeze_files(folder, files, effort)

    monkeypatch.setattr(Folder, "squeeze", recorded)
    place.fill({f"m{n:05}.py": b"1" for n in range(MANY)} | {"a.bin": bytes(crew.LARGE_BYTES)})

    error = place.refused(limits=replace(LAMBDA_LIMITS, unzipped_bytes=crew.LARGE_BYTES))

    assert (ids(error), read) == (["E-SOURCE-09"], [])
    place.pack()
    assert read == ["a.bin"]


def test_no_process_and_no_descriptor_is_left(place: Place) -> None:
    many(place)
    before = descriptors(), children()

    place.pack()
    (place.dist / "a-link").unlink()
    (place.dist / "a-link").symlink_to("nowhere")
    place.refused()

    assert (descriptors(), children()) == before


def test_an_order_that_was_not_foreseen_is_put_right(place: Place) -> None:
    """A module without its source is known as such only at the end of the walk."""
    place.fill({f"m{n:05}.py": b"x" * 900 for n in range(MANY)} | {"m00001x.pyc": b"1"})

    package = place.pack()

    assert names(package) == sorted(names(package), key=str.encode)
    assert "m00001x.pyc" in names(package)


def test_where_no_process_can_be_started_threads_do_the_work(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(place)
    expected = place.pack()
    monkeypatch.setattr(sys, "executable", str(place.workspace / "nothing"))

    assert place.pack().sha256 == expected.sha256


@contextmanager
def processes(place: Place) -> Iterator[tuple[Folder, Crew]]:
    """Two processes that may read the source."""
    with Folder(os.open(place.dist, FOLDER_FLAGS), "dist") as folder:
        hired = Crew(folder, (5, 5, 0, 0), 2)
        assert hired.grows_to(crew.MANY_FILES)
        try:
            yield folder, hired
        finally:
            hired.stop()


def listed(folder: Folder) -> list[Found]:
    return folder.survey(Rules()).found


def test_processes_have_no_environment_and_no_descriptor_but_pipes_and_the_folder(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cr3t")
    place.fill({"a": b"1"})
    with processes(place) as (folder, hired):
        hired.squeeze(listed(folder))  # by the first; the other one may be starting still
        started = Path(f"/proc/{min(children())}")
        environ = (started / "environ").read_bytes()
        open_files = {path.readlink() for path in (started / "fd").iterdir()}

    assert environ == b""
    assert {p for p in open_files if not str(p).startswith("pipe:")} == {
        place.dist,
        Path("/dev/null"),
    }


@pytest.mark.parametrize("change", ["content", "link", "folder", "gone"])
def test_a_process_refuses_a_file_that_changed_since_it_was_listed(
    place: Place, change: str
) -> None:
    place.fill({"lib/a.py": b"old", "lib/b.py": b"old", "secret": b"old"})
    path = place.dist / "lib" / "b.py"
    with processes(place) as (folder, hired):
        files = listed(folder)
        if change == "content":
            path.write_bytes(b"new")
        elif change == "folder":
            path.parent.rename(place.dist / "moved")
            path.parent.symlink_to("moved")
        else:
            path.unlink()
            if change == "link":
                path.symlink_to("../secret")
        with pytest.raises(SourceError) as caught:
            hired.squeeze(files)

    assert ids(caught.value) == ["E-SOURCE-11"]
    assert f"dist/lib/{'a' if change == 'folder' else 'b'}.py changed" in str(caught.value)


def test_a_process_names_a_file_that_it_cannot_open(place: Place) -> None:
    place.fill({"a": b"x"})
    with processes(place) as (folder, hired):
        for _ in range(2):  # each of them has started
            hired.squeeze(listed(folder))
        for pid in children():
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, 3))
        with pytest.raises(SourceError) as caught:
            hired.squeeze(listed(folder))

    assert ids(caught.value) == ["E-SOURCE-07"]
    assert "cannot read dist/a (Too many open files)" in str(caught.value)


def test_a_process_that_is_killed_is_told_and_not_waited_for(place: Place) -> None:
    place.fill({"a": b"x"})
    with processes(place) as (folder, hired):
        for pid in children():
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(SourceError) as caught:
            hired.squeeze(listed(folder))

    assert ids(caught.value) == ["E-SOURCE-18"]
    assert "(status -9)" in str(caught.value)


def gone(pids: set[int]) -> bool:
    """Whether these processes are gone within some seconds."""
    descriptors = []
    for pid in pids:
        try:
            descriptors.append(os.pidfd_open(pid))
        except ProcessLookupError:
            continue
    try:
        return all(select.select([fd], [], [], 5)[0] for fd in descriptors)
    finally:
        for fd in descriptors:
            os.close(fd)


def packing(pid: int) -> set[int]:
    """Processes that pack for this one, past the moment at which they are still itself."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    started = {int(child) for task in tasks for child in task.read_text().split()}
    return {c for c in started if b"worker.py" in Path(f"/proc/{c}/cmdline").read_bytes()}


def until_packing(pid: int, count: int) -> set[int]:
    """The processes that pack for this one, as soon as there are so many."""
    for _ in range(3_000):
        if len(found := packing(pid)) >= count:
            return found
        time.sleep(0.01)
    raise AssertionError(f"{pid} has not started {count} processes")


@contextmanager
def stalled_run(place: Place) -> Iterator[tuple[subprocess.Popen[bytes], set[int]]]:
    """The action in a process of its own, which waits for a packing process that was stopped."""
    many(place)
    environ = {
        "INPUT_COMMAND": "scan",
        "INPUT_SOURCE": "dist",
        "INPUT_COMMENT": "off",
        "GITHUB_WORKSPACE": str(place.workspace),
    }
    command = [sys.executable, "-I", "-B", str(ROOT / "entrypoint.py")]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE) as run:
        try:
            for pid in until_packing(run.pid, 1):
                os.kill(pid, signal.SIGSTOP)
            yield run, packing(run.pid)
        finally:
            run.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_cancelled_run_ends_in_time_with_its_processes(
    place: Place, number: signal.Signals
) -> None:
    with stalled_run(place) as (run, started):
        run.send_signal(number)
        printed, _ = run.communicate(timeout=30)

    assert run.returncode == 31
    assert b"What stands: Nothing was written" in printed, "ended by the watchdog"
    assert b"E-CANCEL-01" in printed.splitlines()[-1]
    assert gone(started)


def test_processes_end_with_a_run_that_is_killed(place: Place) -> None:
    many(place)
    script = (
        "import os, sys, time; sys.path.insert(0, sys.argv[1])\n"
        "from signed_lambda.package.crew import Crew\n"
        "from signed_lambda.package.folder import Folder\n"
        "crew = Crew(Folder(os.open(sys.argv[2], os.O_RDONLY), 'x'), (5, 5, 0, 0), 3)\n"
        "crew.grows_to(10**6)\n"
        "print(flush=True); time.sleep(60)\n"
    )
    command = [sys.executable, "-I", "-c", script, str(ROOT / "src"), str(place.dist)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        run.stdout.readline()
        started = until_packing(run.pid, 3)
        run.kill()

    assert len(started) == 3
    assert gone(started)

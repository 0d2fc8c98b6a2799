"""moto as the quiet part of the sandbox: S3, STS, IAM, SNS, SQS, EventBridge, CloudWatch, ...

moto keeps all state in module globals. A `Tenancy` is one sandbox's share of them: before each call
the state of the sandbox that was there last is put aside and its own is put in place, so two
sandboxes in one process never see each other, and the account id is the sandbox's own.

May import moto, core and the wire package. Never patches moto.
"""

from __future__ import annotations

import copy
import re
import threading
import weakref
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from random import Random
from typing import TYPE_CHECKING, Any, ClassVar

import moto.core.base_backend
from moto import backends as moto_backends
from moto.backend_index import backend_url_patterns
from moto.core.request import Request as MotoRequest
from moto.moto_api._internal import mock_random
from moto.s3.models import FakeBucket, FakeKey, s3_backends
from moto.s3.utils import _VersionedKeyStore
from werkzeug.exceptions import HTTPException

from lambda_sandbox.core import ApiError
from lambda_sandbox.wire.message import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NOBODY = "000000000000"
_GLOBAL_HOSTS = frozenset({"iam", "s3", "budgets", "cloudfront", "route53"})


@dataclass(frozen=True, slots=True)
class SavedObjects:
    """All buckets of a sandbox, and the versions of each key; moto never changes one in place."""

    buckets: tuple[tuple[FakeBucket, dict[str, list[Any]]], ...]
    accounts: dict[str, Any]
    random: tuple[Any, ...]


class Tenancy:
    """One sandbox's moto."""

    _guard: ClassVar[threading.RLock] = threading.RLock()
    _active: ClassVar[Tenancy | None] = None

    def __init__(self, account: str, seed: int) -> None:
        """Starts empty: no bucket, no role; `seed` makes moto's ids repeatable."""
        self._account = account
        self._stash: dict[int, tuple[Any, dict[str, Any]]] = {}
        self._bucket_accounts: dict[str, Any] = {}
        self._random = Random(seed).getstate()
        self._keys: list[FakeKey] = []
        weakref.finalize(self, _dispose, self._keys)

    @contextmanager
    def active(self) -> Iterator[None]:
        """Holds moto for this sandbox: one at a time in the process."""
        with Tenancy._guard:
            if Tenancy._active is not self:
                if Tenancy._active is not None:
                    Tenancy._active.leave()
                self._enter()
                Tenancy._active = self
            yield

    def call(self, service: str, region: str, request: Request) -> Response:
        """The answer of moto to a request of the service (the name in the SigV4 scope)."""
        host = _host(service, region)
        headers = {name: value for name, value in request.headers.items() if name != "host"}
        environ = _environ(request.sent_to(host), headers, self._account)
        with self.active():
            handler = _handler(host, request.path)
            if handler is None:
                return Response(
                    501,
                    f"the sandbox has no {service}: {request.method} {request.path}".encode(),
                    {"Content-Type": "text/plain"},
                    "NotImplemented",
                )
            moto_request = MotoRequest(environ)
            try:
                status, answered, body = handler(
                    moto_request, moto_request.raw_url, moto_request.headers
                )
            except NotImplementedError as exc:
                raise ApiError("NotImplemented", f"moto: {exc}", 501) from exc
            except HTTPException as exc:
                status, answered, body = exc.code, dict(exc.get_headers()), exc.get_body()
        raw = body.encode() if isinstance(body, str) else bytes(body)
        return Response(int(status), raw, {str(k): str(v) for k, v in dict(answered).items()})

    def save_objects(self) -> SavedObjects:
        """S3 as it is now, and where moto's random ids stand."""
        with self.active():
            _collect(self._keys)
            stored = s3_backends[self._account]["aws"].buckets.values()
            return SavedObjects(
                tuple((copy.copy(b), {k: list(v) for k, v in b.keys.lists()}) for b in stored),
                dict(s3_backends.bucket_accounts),
                mock_random.getstate(),
            )

    def restore_objects(self, saved: SavedObjects) -> None:
        """S3 as it was; objects that are in no saved state are let go."""
        with self.active():
            since: list[FakeKey] = []
            _collect(since)
            _dispose(since)
            s3_backends[self._account]["aws"].buckets = {
                bucket.name: _with_keys(bucket, keys) for bucket, keys in saved.buckets
            }
            s3_backends.bucket_accounts.clear()
            s3_backends.bucket_accounts.update(saved.accounts)
            mock_random.setstate(saved.random)

    def _enter(self) -> None:
        for store, content in self._stash.values():
            store.update(content)
            _stores_in_use().append(store)
        self._stash.clear()
        s3_backends.bucket_accounts.update(self._bucket_accounts)
        mock_random.setstate(self._random)

    def leave(self) -> None:
        """Puts the sandbox's state aside, out of moto's globals."""
        for store in _stores_in_use():
            self._stash[id(store)] = (store, dict(store))
            store.clear()
        _stores_in_use().clear()
        self._bucket_accounts = dict(s3_backends.bucket_accounts)
        s3_backends.bucket_accounts.clear()
        self._random = mock_random.getstate()
        _collect(self._keys)


def _with_keys(bucket: FakeBucket, keys: dict[str, list[Any]]) -> FakeBucket:
    """A bucket of its own that holds those versions."""
    made = copy.copy(bucket)
    made.keys = _VersionedKeyStore()
    for name, versions in keys.items():
        made.keys.setlist(name, list(versions))
    return made


def _stores_in_use() -> list[Any]:
    """Moto's own list of its stores that hold something."""
    known: Any = moto.core.base_backend.BackendDict
    stores: list[Any] = known._instances  # noqa: SLF001 - moto has no public name for it
    return stores


def _collect(keys: list[FakeKey]) -> None:
    """Empties moto's lists of all instances it ever made; S3's go to `keys`, to be closed later.

    Without this every object of every sandbox would live as long as the process.
    """
    known: dict[str, dict[str, Any]] = vars(moto.core.base_backend)["model_data"]
    for service, classes in known.items():
        for name, model in classes.items():
            if (service, name) == ("s3", FakeKey.__name__):
                keys.extend(model.instances_tracked)
            model.instances_tracked.clear()


def _dispose(keys: list[FakeKey]) -> None:
    """Closes the temporary files of a collected sandbox's objects, as moto asks its users to."""
    for key in keys:
        key.dispose()


def _host(service: str, region: str) -> str:
    return (
        f"{service}.amazonaws.com"
        if service in _GLOBAL_HOSTS
        else f"{service}.{region}.amazonaws.com"
    )


@cache
def _urls(host: str) -> tuple[tuple[re.Pattern[str], Callable[..., Any]], ...]:
    for name, pattern in backend_url_patterns:
        if pattern.match(f"https://{host}/"):
            store: Any = moto_backends.get_backend(name)  # type: ignore[call-overload]
            regions = store[_NOBODY]
            backend = regions["us-east-1"] if "us-east-1" in regions else regions["aws"]
            urls = tuple((re.compile(url), handler) for url, handler in backend.urls.items())
            del store[_NOBODY]
            return urls
    return ()


def _handler(host: str, path: str) -> Callable[..., Any] | None:
    url = f"https://{host}{path}"
    return next((handler for pattern, handler in _urls(host) if pattern.match(url)), None)


def _environ(request: Request, headers: dict[str, str], account: str) -> dict[str, Any]:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": request.path,
        "RAW_URI": request.path,
        "QUERY_STRING": request.query,
        "SERVER_NAME": request.host,
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "https",
        "wsgi.input": BytesIO(request.body),
        "CONTENT_LENGTH": str(len(request.body)),
        "HTTP_HOST": request.host,
        "HTTP_X_MOTO_ACCOUNT_ID": account,
    }
    for name, value in headers.items():
        if name == "content-type":
            environ["CONTENT_TYPE"] = value
        elif name not in {"content-length", "transfer-encoding", "expect"}:
            environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
    return environ

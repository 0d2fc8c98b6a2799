"""botocore's clients, hardened: nothing planted in the environment or HOME redirects them.

botocore's session looks for settings in some sixty environment variables, in config files below
HOME and in model files (which win even over an explicit endpoint). A checked-out repository or an
earlier step can write all of them. Instead of unsetting them one by one, the session's own sources
are replaced: the settings by botocore's built-in defaults, the model loader by one that reads
botocore's data only, the credentials by `credentials`.

A client takes 1 to 5 ms to make, the first one 11, so each is made when it is first needed, and
those that many questions at once will need in a wait before (`Cloud.get_ready`). boto3 itself,
which adds nothing to a client that we use, is not imported (docs/adr).

May import botocore. Never reads os.environ, never reads below HOME.
"""

from __future__ import annotations

import difflib
import logging
import threading
from dataclasses import field
from typing import TYPE_CHECKING, Any, Final

import botocore.session
from botocore import plugin
from botocore.config import Config
from botocore.configprovider import (
    BOTOCORE_DEFAUT_SESSION_VARIABLES,
    ConfigValueStore,
    ConstantProvider,
)
from botocore.exceptions import InvalidRegionError, UnknownRegionError
from botocore.loaders import Loader
from botocore.utils import validate_region_name

from signed_lambda import __version__
from signed_lambda.aws.answer import shown
from signed_lambda.aws.credentials import resolver
from signed_lambda.aws.tls import share_with_botocore
from signed_lambda.aws.wire import check_answers
from signed_lambda.errors import IdentityError, InputError
from signed_lambda.lazy import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_signer import SignerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sts import STSClient

CONNECT_TIMEOUT_S: Final = 5
READ_TIMEOUT_S: Final = 60
CONNECTIONS: Final = 20
"""That each client keeps: as many as questions run side by side (`chain.workbench.LANES`)."""
INVOKE_TIMEOUT_S: Final = 910
"""A function runs at most 900 s.

Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""


JSON_BODIES: Final = {
    "lambda": True,
    "s3": False,
    "signer": True,
    "sts": False,
    "sns": False,
    "events": True,
    "logs": True,
    "iam": False,
}
"""The services we call, and whether they answer in JSON (else in XML)."""


@dataclass(frozen=True, slots=True)
class _Way:
    """How requests get to AWS.

    Attributes:
        endpoint_url: Where all of them go, None for AWS itself.
        proxy_url: What they go through, None for nothing.
    """

    endpoint_url: str | None
    proxy_url: str | None


@dataclass(frozen=True, slots=True)
class Keys:
    """Credentials of a role's session, which never leave this package."""

    key_id: str
    secret: str = field(repr=False)
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clients:
    """The clients of one region and one identity.

    Attributes:
        elsewhere: Makes the clients of another region, and of other keys where some are given.
        of: Gives the client of a service, made when it is first asked for.
        invoker: Makes the Lambda client that waits so many seconds for a function's answer.
        region: Of all clients.
        partition: Of the region; "aws" for a region that only an emulator has.
        endpoint_url: Where they were redirected to, None for AWS itself.
    """

    elsewhere: Callable[[str, Keys | None], Clients]
    of: Callable[[str], Any]
    invoker: Callable[[float], LambdaClient]
    region: str
    partition: str
    endpoint_url: str | None

    @property
    def lambda_(self) -> LambdaClient:
        """Of Lambda."""
        client: LambdaClient = self.of("lambda")
        return client

    @property
    def s3(self) -> S3Client:
        """Of S3."""
        client: S3Client = self.of("s3")
        return client

    @property
    def signer(self) -> SignerClient:
        """Of Signer."""
        client: SignerClient = self.of("signer")
        return client

    @property
    def sts(self) -> STSClient:
        """Of STS."""
        client: STSClient = self.of("sts")
        return client

    def sns(self) -> SNSClient:
        """Of SNS, which may trigger the function."""
        client: SNSClient = self.of("sns")
        return client

    def events(self) -> EventBridgeClient:
        """Of EventBridge, which may trigger the function."""
        client: EventBridgeClient = self.of("events")
        return client

    def logs(self) -> CloudWatchLogsClient:
        """Of CloudWatch Logs, which may trigger the function."""
        client: CloudWatchLogsClient = self.of("logs")
        return client

    def iam(self) -> IAMClient:
        """Of IAM, which says what would be denied."""
        client: IAMClient = self.of("iam")
        return client


def make_clients(
    environ: Mapping[str, str],
    *,
    region: str | None,
    endpoint_url: str | None,
    mask: Callable[[str], None],
    proxy_url: str | None = None,
    session: botocore.session.Session | None = None,
) -> Clients:
    """The clients, of which the first is made; sends nothing.

    Args:
        environ: Of the process: credentials and, if `region` is None, the region come from it.
        region: The input aws-region, None when it was not given.
        endpoint_url: The input aws-endpoint-url: all calls go there. None: AWS.
        mask: Keeps a secret out of the log; called before the secret is first used.
        proxy_url: The input https-proxy: all calls go through it. None: through none.
        session: Used instead of a hardened one (its credentials, its models): for tests.

    Raises:
        IdentityError: E-IDENTITY-01 (no credentials), -02 (half of them), -04 (unknown region),
            -05 (no region).
        InputError: E-INPUT-03, the endpoint is not a URL.
    """
    for name in ("botocore", "urllib3"):
        # Their debug lines hold whole answers (environment values) and presigned URLs.
        logging.getLogger(name).setLevel(logging.ERROR)
    core = _hardened_session()
    way = _Way(endpoint_url, proxy_url)
    chosen = _region(core, environ, region, endpoint_url)
    if session is None:
        sts_client = _sts_for_roles(core, chosen, way)
        core.register_component("credential_provider", resolver(environ, sts_client, mask))
        session = core
    making = threading.Lock()  # a session makes one client at a time

    made_elsewhere: dict[str, Clients] = {}

    def elsewhere(other: str, keys: Keys | None) -> Clients:
        if keys is None and other in made_elsewhere:
            return made_elsewhere[other]
        place = _region(core, {}, other, endpoint_url, "Correct it in the ARN of from-function")
        if keys is None:
            return made_elsewhere.setdefault(other, clients_of(place, None))
        mask(keys.secret)
        mask(keys.token)
        return clients_of(place, keys)

    def clients_of(place: str, keys: Keys | None) -> Clients:
        made = _Made(session, making, place, way, keys)
        return Clients(
            elsewhere=elsewhere,
            of=made.of,
            invoker=made.invoker,
            region=place,
            partition=_partition(core, place),
            endpoint_url=endpoint_url,
        )

    return clients_of(chosen, None)


def _partition(core: botocore.session.Session, region: str) -> str:
    try:
        return core.get_partition_for_region(region)
    except UnknownRegionError:
        return "aws"


def _hardened_session() -> botocore.session.Session:
    """A botocore session that knows nothing but botocore's own defaults and data."""
    share_with_botocore()
    core = botocore.session.Session()
    defaults = {
        name: ConstantProvider(default)
        for name, (_, _, default, _) in BOTOCORE_DEFAUT_SESSION_VARIABLES.items()
        if name not in {"config_file", "credentials_file"}
    }
    core.register_component("config_store", ConfigValueStore(mapping=defaults))
    core.register_component(
        "data_loader",
        Loader(
            extra_search_paths=[Loader.BUILTIN_DATA_PATH],
            include_default_search_paths=False,
        ),
    )
    return core


def _config(way: _Way, read_timeout_s: float = READ_TIMEOUT_S) -> Config:
    """The settings of every client; each one given, none left to the environment."""
    return Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=read_timeout_s,
        max_pool_connections=CONNECTIONS,
        tcp_keepalive=True,
        retries={"mode": "standard", "total_max_attempts": 1},  # `calls` repeats
        proxies={"http": way.proxy_url, "https": way.proxy_url} if way.proxy_url else {},
        s3={
            "addressing_style": "path" if way.endpoint_url else "auto",
            "us_east_1_regional_endpoint": "regional",
        },
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        ignore_configured_endpoint_urls=True,  # type: ignore[call-arg] # the stubs lack it
        # Given whole: botocore would put one together anew for each request, a tenth of its time.
        user_agent=f"signed-lambda-deploy/{__version__} Botocore/{botocore.__version__}",
    )


class _Made:
    """The clients of one region and identity, each with the check of its answers."""

    def __init__(
        self,
        session: botocore.session.Session,
        making: threading.Lock,
        region: str,
        way: _Way,
        keys: Keys | None,
    ) -> None:
        """Makes the first one: whom the first question goes to.

        Raises:
            InputError: E-INPUT-03, the endpoint is not a URL.
        """
        self._session = session
        self._making = making
        self._region = region
        self._way = way
        self._keys = keys
        self._made: dict[str, Any] = {}
        try:
            self.of("sts")
        except ValueError as error:
            raise InputError.of(
                "E-INPUT-03",
                f"aws-endpoint-url {shown(way.endpoint_url or '')!r} is not a URL",
                "Write scheme, host and port: http://127.0.0.1:4566",
            ) from error

    def of(self, service: str) -> Any:  # noqa: ANN401 - of any service
        """The client of a service, made when it is first asked for."""
        with self._making:
            if service not in self._made:
                self._made[service] = self._make(service, _config(self._way))
            return self._made[service]

    def invoker(self, timeout_s: float) -> LambdaClient:
        """A Lambda client that waits so long for a function's answer."""
        with self._making:
            client: LambdaClient = self._make("lambda", _config(self._way, timeout_s))
            return client

    def _make(self, service: str, config: Config) -> Any:  # noqa: ANN401 - of any service
        _no_plugins()
        keys = self._keys
        client: Any = self._session.create_client(
            service,
            region_name=self._region,
            endpoint_url=self._way.endpoint_url,
            verify=True,
            config=config,
            aws_access_key_id=keys.key_id if keys else None,
            aws_secret_access_key=keys.secret if keys else None,
            aws_session_token=keys.token if keys else None,
        )
        if service == "s3":
            client.meta.events.register("before-call.s3", _stay_in_region)
        check_answers(client, service, json_bodies=JSON_BODIES[service])
        return client


def _no_plugins() -> None:
    """Keeps botocore from importing the modules that an environment variable names.

    Source: botocore `plugin.py`, BOTOCORE_EXPERIMENTAL__PLUGINS.
    """
    plugin.set_plugin_context(plugin.PluginContext(plugins="DISABLED"))


def _stay_in_region(context: dict[str, Any], **_: object) -> None:
    """Tells botocore that the request was redirected already, so that it is not.

    A bucket of another region is refused by us: Signer and Lambda take none, and botocore's
    redirect would hide it. Source: botocore `utils.py`, S3RegionRedirectorv2.redirect_from_error.
    """
    context.setdefault("s3_redirect", {})["redirected"] = True


def _sts_for_roles(core: botocore.session.Session, region: str, way: _Way) -> Callable[..., Any]:
    """Makes the client of AssumeRoleWithWebIdentity, with our endpoint and settings."""

    def create(service: str, **given: Any) -> object:  # noqa: ANN401 - botocore's own parameters
        _no_plugins()
        config = _config(way).merge(given.pop("config", Config()))
        given.setdefault("region_name", region)
        return core.create_client(
            service, endpoint_url=way.endpoint_url, verify=True, config=config, **given
        )

    return create


def _region(
    core: botocore.session.Session,
    environ: Mapping[str, str],
    region: str | None,
    endpoint_url: str | None,
    do: str = "Set the input aws-region",
) -> str:
    """The region, known to botocore unless the calls go to another endpoint.

    An unknown region would otherwise be a host name that cannot be resolved, for minutes.
    """
    chosen = region or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or ""
    if not chosen:
        raise IdentityError.of(
            "E-IDENTITY-05",
            "no region: aws-region, AWS_REGION and AWS_DEFAULT_REGION are empty",
            "Set the input aws-region",
        )
    known: set[str] = set()
    for partition in core.get_available_partitions():
        known.update(core.get_available_regions("sts", partition_name=partition))
    try:
        validate_region_name(chosen)
    except InvalidRegionError:
        pass
    else:
        if endpoint_url or chosen in known:
            return chosen
    letters = sorted(chosen)
    nearest = max(
        sorted(known),
        key=lambda name: (
            sorted(name) == letters,  # "us-esat-1": two letters changed places
            difflib.SequenceMatcher(None, name, chosen).ratio(),
        ),
    )
    raise IdentityError.of(
        "E-IDENTITY-04",
        f"no region is named {shown(chosen)!r}",
        f"Did you mean {nearest}? {do}",
    )

"""botocore's service models: which operations exist, what they take and answer, cached once.

May import botocore only. The models are the reason why this package has no wire format of its own:
a client's serialiser and this package's parser read the same file. Source: botocore model.
"""

from __future__ import annotations

import threading
from functools import cache

from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader
from botocore.model import ServiceModel

_SIGNING_TO_MODEL = {
    "monitoring": "cloudwatch",
    "email": "ses",
    "tagging": "resourcegroupstaggingapi",
}
_loader = Loader(include_default_search_paths=True)
_lock = threading.Lock()


@cache
def _load(name: str) -> ServiceModel | None:
    with _lock:
        try:
            return ServiceModel(_loader.load_service_model(name, "service-2"), name)
        except UnknownServiceError:
            return None


def model_of(signing_name: str) -> ServiceModel | None:
    """The model behind a name of a SigV4 scope; None where botocore has none of that name."""
    return _load(_SIGNING_TO_MODEL.get(signing_name, signing_name))


def required_model(name: str) -> ServiceModel:
    """The model of a service that this package implements.

    Raises:
        LookupError: botocore lacks it: a broken installation.
    """
    model = model_of(name)
    if model is None:
        raise LookupError(f"botocore has no model of {name}")
    return model

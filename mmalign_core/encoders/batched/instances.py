"""The one instance of each encoder in this process, so that its weights load once."""

from __future__ import annotations

from functools import lru_cache
from threading import Lock
from typing import Any

from mmalign_core.encoders import ENCODERS, Encoder, create_encoder, params_of, with_params
from mmalign_core.spaces import parts_of, reference_of
from mmalign_core.types import BadInput

_loading = Lock()


def encoder(reference: str, modality: str = "") -> Encoder:
    """The one instance of that encoder for that modality in this process: weights load once.

    BadInput if its model is not, or no longer, here.
    """
    with _loading:
        name, _, model = parts_of(reference)
        cls = ENCODERS.get(name)
        reference = with_params(reference, params_of(reference))  # spelt in one way, so that it is one instance
        return _encoder(reference, modality or cls.reads()[0], cls.stamp(model))


def encoder_of(key: str, modality: str) -> Encoder:
    """The encoder that made vectors under that key ("name[param=value,…][:model]@version").

    BadInput if the model is no longer here, or is another one now: what it gives would not compare.
    """
    made = encoder(reference_of(key), modality)
    if made.key != key:
        raise BadInput(
            f"'{reference_of(made.key)}' has changed since it made these vectors (it is version "
            f"{made.version} now); align again, or get back the version that was used"
        )
    return made


@lru_cache(maxsize=8)
def _encoder(reference: str, modality: str, stamp: Any) -> Encoder:
    """`stamp`: of the model's files, so that a model is read anew once it was replaced."""
    return create_encoder(reference, modality)

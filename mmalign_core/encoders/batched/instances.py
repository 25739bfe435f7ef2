"""Shared instances of encoders: one for each reference and modality in this process, so that weights load once."""

from __future__ import annotations

from functools import lru_cache
from threading import Lock
from typing import Any

from mmalign_core.encoders import ENCODERS, Encoder, create_encoder, params_of, with_params
from mmalign_core.spaces import parts_of, reference_of
from mmalign_core.types import BadInput

_loading = Lock()


def encoder(reference: str, modality: str = "") -> Encoder:
    """Return the shared instance of the encoder for the modality. Raises BadInput if its model is missing."""
    with _loading:
        name, _, model = parts_of(reference)
        cls = ENCODERS.get(name)
        reference = with_params(reference, params_of(reference))  # normalised, so that equal references share it
        return _encoder(reference, modality or cls.reads()[0], cls.stamp(model))


def encoder_of(key: str, modality: str) -> Encoder:
    """Return the encoder with that key, "name[param=value,…][:model]@version".

    Raises BadInput if its model is not on this machine or has another version, whose vectors do not compare.
    """
    instance = encoder(reference_of(key), modality)
    if instance.key != key:
        raise BadInput(
            f"'{reference_of(instance.key)}' has changed since it made these vectors (it is version "
            f"{instance.version} now); align again, or get back the version that was used"
        )
    return instance


@lru_cache(maxsize=8)
def _encoder(reference: str, modality: str, stamp: Any) -> Encoder:
    """A new instance. `stamp`: that of the model's files, so that a replaced model is loaded again."""
    return create_encoder(reference, modality)

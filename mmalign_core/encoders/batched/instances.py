"""Shared instances of encoders: one for each reference and modality in this process, so that weights load once."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from weakref import WeakValueDictionary

from mmalign_core.encoders import ENCODERS, Encoder, create_encoder, params_of, with_params
from mmalign_core.spaces import parts_of, reference_of
from mmalign_core.types import BadInput

MOST = 8
"""Encoders kept at once: two for each modality. Our choice: a run has one a modality, and two runs are compared."""
_loading = Lock()
_asked: OrderedDict[Hashable, tuple[Encoder, float]] = OrderedDict()
"""Reference, modality and stamp -> the encoder and when it was asked for, the latest last."""
_alive: WeakValueDictionary[Hashable, Encoder] = WeakValueDictionary()
"""All that still exist, so that no model is in memory twice."""


def encoder(reference: str, modality: str = "") -> Encoder:
    """Return the shared instance of the encoder for the modality. Raises BadInput if its model is missing.

    The `MOST` that were asked for last are kept until `unload_idle` drops them; others live as long as they are used.
    """
    with _loading:
        name, _, model = parts_of(reference)
        cls = ENCODERS.get(name)
        reference = with_params(reference, params_of(reference))  # normalised, so that equal references share it
        modality = modality or cls.reads(model)[0]
        key = (reference, modality, cls.stamp(model))  # the stamp: a model that was replaced is loaded again
        found = _alive.get(key)
        if found is None:
            found = _alive[key] = create_encoder(reference, modality)
        _asked.pop(key, None)
        _asked[key] = (found, time.monotonic())
        while len(_asked) > MOST:
            _asked.popitem(last=False)
        return found


def unload_idle(seconds: float) -> int:
    """Drop the encoders that nobody asked for in the last `seconds`, and return how many; the next use loads them.

    One that still encodes lives until it has ended, and whoever asks meanwhile gets the same one.
    """
    with _loading:
        old = [key for key, (_, when) in _asked.items() if time.monotonic() - when >= seconds]
        for key in old:
            del _asked[key]
        return len(old)


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

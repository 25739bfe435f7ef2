"""Encoders by reference: a registered name, and behind a colon the model it loads ("open-clip:ViT-B-32/openai")."""

from __future__ import annotations

from mmalign_core.encoders.base import ENCODERS, Encoder
from mmalign_core.types import BadInput


def reference_of(key: str) -> str:
    """The reference in an encoder's key "name[:model]@version"; the key itself where it names no version."""
    return key.rpartition("@")[0] or key


def is_known(reference: str) -> bool:
    """Whether an encoder of ours answers to it; False for vectors that were given."""
    return reference.partition(":")[0] in ENCODERS.names()


def full_reference(reference: str) -> str:
    """As it stands in keys, however the model is spelt and whether it is here. BadInput if the encoder is unknown."""
    name, colon, model = reference.partition(":")
    return f"{name}{colon}{ENCODERS.get(name).full_name(model)}"


def space_of(reference: str) -> str:
    """The space of its vectors, known also where the model is no longer here. BadInput if it is unknown."""
    name, _, model = reference.partition(":")
    return ENCODERS.get(name).space_of(model)


def create_encoder(reference: str, modality: str = "") -> Encoder:
    """The encoder it names, for that modality. BadInput if it is unknown, reads another or cannot load such a model."""
    name, _, model = reference.partition(":")
    cls = ENCODERS.get(name)
    reads = cls.reads()
    if modality and modality not in reads:
        wanted = f"encoder '{reference}' reads {' and '.join(reads)}, not {modality}"
        raise BadInput(f"{wanted}; see: python -m mmalign_core list encoders")
    return cls.of_model(model, modality or reads[0])

"""The encoder registry, and the encoder and vector space that a key names.

They are defined here so that aligners need not import encoders.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from mmalign_core.registry import Registry
from mmalign_core.types import MODALITIES

ENCODERS: Registry[Any] = Registry("encoder", "mmalign_core.encoders")


class Parts(NamedTuple):
    """The parts of a reference 'name[param=value,…][:model]'.

    `given`: the parameters as written, with their brackets; '' if there are none.
    """

    name: str
    given: str
    model: str


def parts_of(reference: str) -> Parts:
    """Split a reference into its parts without checking them. Brackets inside the model's name are part of the name."""
    head, _, model = reference.partition(":")
    name, bracket, rest = head.partition("[")
    return Parts(name, bracket + rest, model)


def reference_of(key: str) -> str:
    """The reference in an encoder's key "name[…][:model]@version"; the key itself if it has no version."""
    return key.rpartition("@")[0] or key


def is_known(reference: str) -> bool:
    """Whether the reference names a registered encoder. False for vectors that came with the data."""
    return parts_of(reference).name in ENCODERS.names()


def space_of(reference: str) -> str:
    """Return the name of the encoder's vector space. The model's files are not needed. Raises BadInput if unknown.

    Parameters that choose among spaces of a model, such as the number of dimensions, are part of the name.
    """
    name, given, model = parts_of(reference)
    cls = ENCODERS.get(name)
    kept = [one for one in given[1:-1].split(",") if one.partition("=")[0].strip() in cls.space_params]
    return f"{name}[{','.join(kept)}]:{model}" if kept else cls.space_of(model)


def text_tower(key: str, modality: str) -> str | None:
    """Return the reference of the encoder that maps texts into the vector space of `key`; None if there is none.

    A text encoder returns itself. A shared space of two towers is named by their model's reference.
    """
    reference = reference_of(key)
    if not is_known(reference):
        return None
    space = reference if modality == "text" else space_of(reference)
    if not is_known(space):
        return None
    name, _, model = parts_of(space)
    return space if "text" in ENCODERS.get(name).reads(model) else None


def text_modality(modalities: Collection[str]) -> str:
    """The modality whose text tower encodes typed queries if no texts were aligned: the first in MODALITIES."""
    return next(m for m in MODALITIES if m in modalities)


def encoders_with_concepts(modality: str) -> list[str]:
    """Sorted names of the encoders of that modality that have concept labels."""
    classes = {name: ENCODERS.get(name) for name in ENCODERS.names()}
    base: Any = ENCODERS.base
    return [name for name, cls in classes.items() if modality in cls.reads() and cls.labels is not base.labels]

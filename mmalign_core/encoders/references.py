"""Encoders by reference, 'name[param=value,…][:model]': "open-clip:ViT-B-32/openai", "video-frames[most=8]"."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmalign_core.encoders.base import ENCODERS, Encoder
from mmalign_core.model_files.catalogue import KNOWN, nearest
from mmalign_core.model_files.locations import own_folder
from mmalign_core.model_files.requirements import ENCODERS as OF_A_HUB
from mmalign_core.model_files.requirements import RequiredFiles
from mmalign_core.params import parse_assignments
from mmalign_core.settings import Settings
from mmalign_core.spaces import parts_of
from mmalign_core.store.places import check_allowed
from mmalign_core.types import BadInput


def params_of(reference: str) -> dict[str, Any]:
    """The parameters in a reference that differ from their defaults.

    Raises BadInput if the encoder is unknown, the brackets are not closed, or a parameter is unknown or out of range.
    """
    name, given, _ = parts_of(reference)
    if not given:
        return {}
    cls = ENCODERS.get(name)
    try:
        return cls.changed_params(_assigned(given))
    except BadInput as error:
        raise BadInput(f"encoder '{name}{given}': {error}") from error


def with_params(reference: str, params: Mapping[str, Any]) -> str:
    """The reference with its parameters replaced by `params`. Raises BadInput if the encoder does not take them."""
    name, _, model = parts_of(reference)
    return ENCODERS.get(name).refer(params, model)


def without_params(reference: str) -> str:
    """The reference with all parameters at their defaults."""
    name, _, model = parts_of(reference)
    return f"{name}{':' * bool(model)}{model}"


def full_reference(reference: str) -> str:
    """The normalised reference, as in keys. The model need not be on this machine.

    Raises BadInput if the encoder is unknown or does not take the parameters.
    """
    name, _, model = parts_of(reference)
    cls = ENCODERS.get(name)
    return cls.refer(params_of(reference), cls.full_name(model))


def create_encoder(reference: str, modality: str = "") -> Encoder:
    """Create the encoder of a reference for a modality.

    Raises BadInput if it is unknown, does not read the modality, or does not take the parameters or the model.
    """
    name, _, model = parts_of(reference)
    cls = ENCODERS.get(name)
    reads = cls.reads(model)
    if modality and modality not in reads:
        problem = f"encoder '{reference}' reads {' and '.join(reads)}, not {modality}"
        raise BadInput(f"{problem}; see: python -m mmalign_core list encoders")
    params = params_of(reference)
    instance = cls.of_model(model, modality or reads[0])
    for param, value in params.items():
        setattr(instance, param, value)
    return instance


def hub_files(reference: str) -> tuple[RequiredFiles, ...]:
    """The files of the reference's model in repositories of a hub, its weights first.

    Raises BadInput if the reference names no model that can be fetched.
    """
    encoder, given, model = parts_of(reference)
    if encoder not in OF_A_HUB or given or not model:
        examples = ", ".join(f"{name}:{model}" for name, (model, *_) in KNOWN.items())
        near = nearest(encoder, OF_A_HUB)
        raise BadInput(f"'{reference}' names no model of a hub{near}; give ENCODER:MODEL, e.g. {examples}")
    return ENCODERS.get(encoder).hub_files(model)


def _assigned(given: str) -> Mapping[str, str]:
    """'[k=v,…]' as a mapping. Raises BadInput for any other form."""
    if not given.endswith("]") or "[" in given[1:] or "]" in given[:-1]:
        raise BadInput(
            "the bracket is not closed after its parameters; write NAME[param=value,...], with :MODEL after it"
        )
    pieces = [piece.strip() for piece in given[1:-1].split(",")]
    values = parse_assignments(pieces)
    if len(values) < len(pieces):
        raise BadInput("a parameter is given twice")
    return {name.strip(): value.strip() for name, value in values.items()}


def is_folder(model: str) -> bool:
    """Whether the model is a path on this machine rather than a name on a hub."""
    if model.startswith(("local-dir:", "/", "./", "../", "~", ".\\", "\\")) or model[1:3] == ":\\":
        return True
    try:
        return bool(model) and Path(model).is_dir()
    except (OSError, ValueError):
        return False


def check_model_place(reference: str, settings: Settings | None) -> None:
    """Raise BadInput for a model in a folder outside those that may be opened (`settings.data_roots`).

    `reference`: of an encoder, also of one inside another, or a folder alone. Names on a hub, and models in the store,
    may be used.
    """
    if settings is None or settings.data_roots is None:
        return
    parts = reference.strip().split(":")
    for model in (":".join(parts[place:]) for place in range(len(parts))):
        if is_folder(model):
            own = own_folder(settings).resolve()
            return check_allowed(model.removeprefix("local-dir:"), (*settings.data_roots, own))

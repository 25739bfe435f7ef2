"""Encoders by reference, 'name[param=value,…][:model]': "open-clip:ViT-B-32/openai", "video-frames[most=8]"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmalign_core.encoders.base import ENCODERS, Encoder
from mmalign_core.model_files.catalogue import KNOWN, nearest
from mmalign_core.model_files.requirements import ENCODERS as OF_A_HUB
from mmalign_core.model_files.requirements import RequiredFiles
from mmalign_core.params import parse_assignments
from mmalign_core.spaces import parts_of
from mmalign_core.types import BadInput


def params_of(reference: str) -> dict[str, Any]:
    """Its parameters that differ from their defaults, {} without any.

    BadInput if the encoder is unknown, the brackets are not closed, or a parameter is unknown or out of range.
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
    """The same encoder and model with these parameters in place of any. BadInput if they do not fit the encoder."""
    name, _, model = parts_of(reference)
    return ENCODERS.get(name).refer(params, model)


def without_params(reference: str) -> str:
    """The same encoder and model with every parameter at its default."""
    name, _, model = parts_of(reference)
    return f"{name}{':' * bool(model)}{model}"


def full_reference(reference: str) -> str:
    """The reference as it stands in keys, whichever way model and parameters are spelt. The model need not be here.

    BadInput if the encoder is unknown or the parameters do not fit it.
    """
    name, _, model = parts_of(reference)
    cls = ENCODERS.get(name)
    return cls.refer(params_of(reference), cls.full_name(model))


def create_encoder(reference: str, modality: str = "") -> Encoder:
    """The encoder it names, for that modality, with its parameters.

    BadInput if it is unknown, reads another modality, takes no such parameters or cannot load such a model.
    """
    name, _, model = parts_of(reference)
    cls = ENCODERS.get(name)
    reads = cls.reads()
    if modality and modality not in reads:
        wanted = f"encoder '{reference}' reads {' and '.join(reads)}, not {modality}"
        raise BadInput(f"{wanted}; see: python -m mmalign_core list encoders")
    params = params_of(reference)
    made = cls.of_model(model, modality or reads[0])
    for param, value in params.items():
        setattr(made, param, value)
    return made


def hub_files(reference: str) -> tuple[RequiredFiles, ...]:
    """Files of hub repositories that the encoder's model consists of, its weights first.

    BadInput if the reference names no model that can be fetched.
    """
    encoder, given, model = parts_of(reference)
    if encoder not in OF_A_HUB or given or not model:
        examples = ", ".join(f"{name}:{model}" for name, (model, *_) in KNOWN.items())
        near = nearest(encoder, OF_A_HUB)
        raise BadInput(f"'{reference}' names no model of a hub{near}; give ENCODER:MODEL, e.g. {examples}")
    return ENCODERS.get(encoder).hub_files(model)


def _assigned(given: str) -> Mapping[str, str]:
    """'[k=v,…]' as a mapping; BadInput on anything else."""
    if not given.endswith("]") or "[" in given[1:] or "]" in given[:-1]:
        raise BadInput(
            "the bracket is not closed behind its parameters; write NAME[param=value,...] or :MODEL behind it"
        )
    pieces = [piece.strip() for piece in given[1:-1].split(",")]
    found = parse_assignments(pieces)
    if len(found) < len(pieces):
        raise BadInput("a parameter is given twice")
    return {name.strip(): value.strip() for name, value in found.items()}

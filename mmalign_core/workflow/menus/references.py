"""Use case: typed words as an encoder reference: an encoder, a model of a hub or a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mmalign_core.encoders import (
    ENCODERS,
    check_model_place,
    hub_files,
    is_folder,
    params_of,
    with_params,
    without_params,
)
from mmalign_core.encoders.batched.instances import encoder
from mmalign_core.model_files.catalogue import KNOWN, SUGGESTED, nearest
from mmalign_core.model_files.inventory import encoder_for, local_models
from mmalign_core.model_files.locations import own_folder
from mmalign_core.model_files.requirements import ENCODERS as OF_MODELS
from mmalign_core.settings import Settings
from mmalign_core.spaces import is_known, parts_of, reference_of
from mmalign_core.types import BadInput
from mmalign_core.wording import say
from mmalign_core.workflow.menus.available_models import FRAMES

__all__ = [
    "NamedModel",
    "check_encoder",
    "expected_model_folder",
    "is_folder",
    "look_up_model",
    "model_reference",
    "params_of",
    "parts_of",
    "with_params",
    "without_params",
]


@dataclass(frozen=True)
class NamedModel:
    """An encoder `reference`, the modalities it `reads`, and whether its model is complete on this machine (`here`)."""

    reference: str
    reads: tuple[str, ...]
    here: bool


def check_encoder(reference: str, modality: str, settings: Settings | None = None) -> str:
    """Return the reference in its normal form after its files are checked.

    Raises BadInput if it is unknown, incomplete on this machine or does not read the modality.
    """
    check_model_place(reference, settings)
    reference = model_reference(reference)
    name, _, model = parts_of(reference)
    reads = ENCODERS.get(name).reads(model)
    if modality == "video" and "image" in reads and "video" not in reads:
        reference = f"{FRAMES}:{reference}"
    return reference_of(encoder(reference, modality).key)


def look_up_model(words: str, settings: Settings | None = None) -> NamedModel:
    """Return the model that the words name. No hub is queried. Raises BadInput as `model_reference`."""
    check_model_place(words, settings)
    reference = model_reference(words)
    name, _, model = parts_of(reference)
    reads = ENCODERS.get(name).reads(model)
    if name not in OF_MODELS or is_folder(model):
        return NamedModel(reference_of(encoder(reference, reads[0]).key), reads, here=True)
    needs = hub_files(reference)[0].repository
    return NamedModel(reference, reads, any(row.whole and row.name == needs for row in local_models(settings)))


def model_reference(words: str) -> str:
    """Return the reference ENCODER:MODEL for a reference, a folder, or the name of a known model.

    Raises BadInput, with the nearest known model, for anything else.
    """
    given = words.strip()
    if is_known(given):
        return given
    if is_folder(given):
        return _of_folder(Path(given).expanduser().absolute())
    known = [*(row.reference for row in SUGGESTED), *(f"{e}:{m}" for e, models in KNOWN.items() for m in models)]
    short = {parts_of(reference).model: reference for reference in known}
    if given in short:
        return short[given]
    near = nearest(given, [*known, *short])
    raise BadInput(
        say(
            "'{given}' names no encoder and no folder here{near}; write ENCODER:MODEL, as {known}",
            given=given[:200],
            near=near,
            known=known[0],
        )
    )


def expected_model_folder(reference: str, settings: Settings | None = None) -> Path:
    """The folder in which a copied model of a hub is looked for. Raises BadInput if it is not a model of a hub."""
    return own_folder(settings) / hub_files(reference)[0].repository


def _of_folder(folder: Path) -> str:
    if not folder.is_dir():
        raise BadInput(say("there is no folder '{folder}'; correct the path", folder=folder))
    name = encoder_for(folder)
    if not name:
        held = ", ".join(sorted(path.name for path in folder.iterdir())[:5]) or "nothing"
        kinds = "open_clip, CLAP, transformers, sentence-transformers or model2vec"
        words = say("'{folder}' holds no model of {kinds} (it holds: {held})", folder=folder, kinds=kinds, held=held)
        raise BadInput(words)
    return f"{name}:{'local-dir:' if name == 'open-clip' else ''}{folder}"

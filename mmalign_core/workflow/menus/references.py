"""Use case: what a person's words name, a model of a hub, a folder or an encoder, and whether it can be used here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mmalign_core.encoders import ENCODERS, hub_files, params_of, with_params, without_params
from mmalign_core.encoders.batched.instances import encoder
from mmalign_core.model_files.catalogue import KNOWN, SUGGESTED, nearest
from mmalign_core.model_files.inventory import encoder_for, local_models
from mmalign_core.model_files.locations import own_folder
from mmalign_core.model_files.requirements import ENCODERS as OF_MODELS
from mmalign_core.settings import Settings
from mmalign_core.spaces import is_known, parts_of, reference_of
from mmalign_core.types import BadInput
from mmalign_core.workflow.menus.available_models import FRAMES

__all__ = [
    "Named",
    "check_encoder",
    "expected_folder",
    "is_folder",
    "look_up",
    "named",
    "params_of",
    "parts_of",
    "with_params",
    "without_params",
]


@dataclass(frozen=True)
class Named:
    """What a person's words name: a reference, what it reads, and whether all of it is on this machine."""

    reference: str
    reads: tuple[str, ...]
    here: bool


def check_encoder(reference: str, modality: str) -> str:
    """The reference in its usual form, its files found and checked. BadInput if it cannot read that modality here."""
    reference = named(reference)
    reads = ENCODERS.get(parts_of(reference).name).reads()
    if modality == "video" and "image" in reads:
        reference = f"{FRAMES}:{reference}"
    return reference_of(encoder(reference, modality).key)


def look_up(words: str, settings: Settings | None = None) -> Named:
    """What the words name, without asking a hub; BadInput if nothing, with the nearest names."""
    reference = named(words)
    name, _, model = parts_of(reference)
    reads = ENCODERS.get(name).reads()
    if name not in OF_MODELS or is_folder(model):
        return Named(reference_of(encoder(reference, reads[0]).key), reads, here=True)
    needs = hub_files(reference)[0].repository
    return Named(reference, reads, any(row.whole and row.name == needs for row in local_models(settings)))


def named(words: str) -> str:
    """ENCODER:MODEL for a folder, for a known model without its encoder, and for what is one already.

    Raises BadInput if it names no encoder, with the nearest known model.
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
    raise BadInput(f"'{given[:200]}' names no encoder and no folder here{near}; write ENCODER:MODEL, as {known[0]}")


def is_folder(model: str) -> bool:
    """Whether it names a place on this machine rather than a model of a hub."""
    if model.startswith(("local-dir:", "/", "./", "../", "~", ".\\", "\\")) or model[1:3] == ":\\":
        return True
    try:
        return bool(model) and Path(model).is_dir()
    except (OSError, ValueError):
        return False


def expected_folder(reference: str, settings: Settings | None = None) -> Path:
    """Where a copy of that model of a hub is found without one; BadInput if it is no model of a hub."""
    return own_folder(settings) / hub_files(reference)[0].repository


def _of_folder(folder: Path) -> str:
    if not folder.is_dir():
        raise BadInput(f"there is no folder '{folder}'; correct the path")
    name = encoder_for(folder)
    if not name:
        held = ", ".join(sorted(path.name for path in folder.iterdir())[:5]) or "nothing"
        raise BadInput(f"'{folder}' holds no model of open_clip, CLAP or sentence-transformers (it holds: {held})")
    return f"{name}:{'local-dir:' if name == 'open-clip' else ''}{folder}"

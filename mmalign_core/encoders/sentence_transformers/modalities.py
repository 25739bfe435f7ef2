"""The modalities that a model states in its files, as sentence-transformers and transformers save them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmalign_core.data.names import shown
from mmalign_core.model_files.verification import has_tokenizer
from mmalign_core.model_files.weights import read_json
from mmalign_core.types import MODALITIES, BadInput

_CONFIG = "sentence_bert_config.json"
"""The settings of the module that reads the input, in the module's folder."""
_PROCESSORS = {"image_processor": "image", "feature_extractor": "audio", "video_processor": "video"}
"""Part of a processor's settings -> the modality that it prepares, as the library infers it."""
_PREPROCESSORS = {"image_processor_type": "image", "feature_extractor_type": "audio"}
"""Setting of a single preprocessor -> the modality that it prepares."""


def stated_modalities(folder: Path) -> tuple[str, ...]:
    """The modalities that the model in the folder reads, texts first. The weights are not opened.

    A model that sentence-transformers saved states them for its first module; one saved before it read more than texts
    reads texts, and its old CLIP module pictures too. Of other models the files of their processor tell. Raises
    BadInput for damaged settings.
    """
    rows = _modules(folder)
    stated = _of_module(folder, rows[0]) if rows else _of_processor(folder)
    return tuple(modality for modality in MODALITIES if modality in stated) or ("text",)


def _modules(folder: Path) -> list[Mapping[str, Any]]:
    """The rows of modules.json; [] if there is none. Raises BadInput if it is damaged."""
    path = folder / "modules.json"
    if not path.is_file():
        return []
    try:
        rows: Any = json.loads(path.read_text(encoding="utf-8"))
        return [{"type": str(row["type"]), "path": str(row.get("path") or "")} for row in rows]
    except (ValueError, OSError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise BadInput(f"'{shown(path)}' is damaged; fetch the model again") from error


def _of_module(folder: Path, row: Mapping[str, Any]) -> Sequence[str]:
    kind, place = row["type"].rpartition(".")[2], folder / row["path"]
    if kind == "Router":
        types = read_json(place / "router_config.json").get("types")
        parts = types.items() if isinstance(types, dict) else ()
        return [m for name, type_ in parts for m in _of_module(place, {"type": str(type_), "path": name})]
    settings = read_json(place / _CONFIG) if (place / _CONFIG).is_file() else {}
    stated = settings.get("modality_config")
    if isinstance(stated, dict):
        return list(stated)
    return ("text", "image") if kind == "CLIPModel" else ("text",)


def _of_processor(folder: Path) -> list[str]:
    stated = ["text"] if has_tokenizer(folder) else []
    for name in ("processor_config.json", "preprocessor_config.json"):
        if (folder / name).is_file():
            settings = read_json(folder / name)
            stated += [modality for part, modality in _PROCESSORS.items() if settings.get(part)]
            stated += [modality for part, modality in _PREPROCESSORS.items() if settings.get(part)]
    return stated + ["video"] * (folder / "video_preprocessor_config.json").is_file()

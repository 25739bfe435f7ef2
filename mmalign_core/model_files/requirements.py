"""Required files of a model by repository: weights as safetensors, settings and tokenizer, no code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from mmalign_core.data.names import shown
from mmalign_core.model_files.catalogue import ORGANISATION
from mmalign_core.model_files.locations import is_repository
from mmalign_core.model_files.weights import read_json
from mmalign_core.types import BadInput

ENCODERS = (*ORGANISATION, "open-clip")
"""Names of the encoders whose models come from the hub."""
_SETTINGS = (".json", ".txt", ".model", ".jinja")
_OTHERS = {"onnx", "openvino", "coreml", "original", "runs", "eval", "assets", "images", "gguf", "logs"}
"""Folders in repositories with the same model for other programs, or with no part of it."""
_SHARD = re.compile(r".+-\d+-of-\d+\.(safetensors|bin)")


@dataclass(frozen=True)
class RequiredFiles:
    """The required files of one repository. `weights`: names of weight files by preference, () for any name."""

    repository: str
    weights: tuple[str, ...] = ()
    with_weights: bool = True


def text_tower_files(folder: str) -> tuple[RequiredFiles, ...]:
    """The required settings of a text tower that the settings in a local folder name but the folder does not hold."""
    settings = read_json(Path(folder) / "open_clip_config.json").get("model_cfg") or {}
    name = str((settings.get("text_cfg") or {}).get("hf_model_name") or "")
    if not is_repository(name):
        raise BadInput(f"'{shown(folder)}' is a folder on this machine; there is nothing to fetch")
    return (RequiredFiles(name, with_weights=False),)


def open_clip_tokenizers(config: Mapping[str, Any], held: str) -> tuple[RequiredFiles, ...]:
    """The repositories, other than `held`, of the tokenizer and settings in a model's "text_cfg"."""
    text = config.get("text_cfg") or {}
    names = {str(text.get(key) or "") for key in ("hf_tokenizer_name", "hf_model_name")} - {"", held}
    return tuple(RequiredFiles(name, with_weights=False) for name in sorted(names) if is_repository(name))


def choose_files(names: Iterable[str], needs: RequiredFiles) -> tuple[str, ...]:
    """Return which of a repository's files (`names`) a model needs. Raises BadInput without loadable weights."""
    paths = [PurePosixPath(name) for name in names]
    near = [path for path in paths if len(path.parts) <= 2 and path.parent.name not in _OTHERS and _visible(path)]
    settings = [path for path in near if path.suffix in _SETTINGS]
    if not needs.with_weights:
        return tuple(sorted(str(path) for path in settings if len(path.parts) == 1))
    weights = _named(near, needs.weights) if needs.weights else _weights(near)
    if not weights:
        raise BadInput(f"'{needs.repository}' holds no weights as safetensors or .bin; choose another model")
    return tuple(sorted(str(path) for path in {*settings, *weights}))


def _visible(path: PurePosixPath) -> bool:
    return not any(part.startswith(".") or part == ".." for part in path.parts) and not path.is_absolute()


def _named(paths: Sequence[PurePosixPath], names: Sequence[str]) -> list[PurePosixPath]:
    """The first of the names that exists, safetensors before other formats."""
    by_name = {str(path): path for path in paths}
    there = [name for name in names if name in by_name]
    there.sort(key=lambda name: not name.endswith(".safetensors"))
    return [by_name[name] for name in there[:1]]


def _weights(paths: Sequence[PurePosixPath]) -> list[PurePosixPath]:
    """The safetensors of each folder, else its .bin files, which are only read as plain tensors."""
    weights: list[PurePosixPath] = []
    for folder in sorted({path.parent for path in paths}):
        here = [path for path in paths if path.parent == folder]
        weights += _one_kind(here, "model.safetensors") or _one_kind(here, "pytorch_model.bin")
    return weights


def _one_kind(here: Sequence[PurePosixPath], whole: str) -> list[PurePosixPath]:
    """The file named `whole`, else its shards."""
    kind = PurePosixPath(whole).suffix
    one = [path for path in here if path.name == whole]
    return one or [path for path in here if path.suffix == kind and _SHARD.fullmatch(path.name)]

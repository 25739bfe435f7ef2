"""Files of an OpenCLIP model: their location, checks before they are loaded, and a version from their content."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from mmalign_core.data.names import shown
from mmalign_core.encoders.openclip.sources import CONFIG, HUB_WEIGHTS, Source, import_open_clip, repository_file
from mmalign_core.model_files.verification import check_code, check_sizes, check_tokenizer
from mmalign_core.model_files.weights import file_stamp, read_header, read_json
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, digest_json

REVISION = 1
"""Part of the version. It rises when this code computes other vectors from the same files."""
TOKENIZER_FILES = (
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
    "*.model",
)
_WAYS = {
    "interpolation": ("bicubic", "bilinear", "random"),
    "resize_mode": ("shortest", "longest", "squash"),
}
PREPROCESSING = ("mean", "std", "interpolation", "resize_mode")
Find = Callable[[str, Sequence[str]], Path]
"""(repository, names) -> the first of these files in the local copy of the repository."""
_LOCAL_WEIGHTS = (
    "open_clip_model.safetensors",
    "open_clip_pytorch_model.safetensors",
    "open_clip_pytorch_model.bin",
    "open_clip_pytorch_model.pth",
    "model.safetensors",
    "pytorch_model.bin",
    "pytorch_model.pth",
    "model.pth",
)


@dataclass(frozen=True)
class ModelFiles:
    """The files of a model. `tokenizer` and `text_tower`: folders, None for those built into open_clip.

    `config`: the architecture ("embed_dim", "vision_cfg", "text_cfg"); `preprocessing`: settings that override
    open_clip's defaults.
    """

    config: dict[str, Any]
    preprocessing: dict[str, Any]
    weights: Path
    tokenizer: Path | None
    text_tower: Path | None

    @property
    def version(self) -> str:
        """12 hexadecimal digits that depend on architecture, preprocessing, weights and tokenizer."""
        small = [(p.name, file_digest(p)) for p in self._small]
        parts = [REVISION, self.config, self.preprocessing, file_digest(self.weights), small]
        return digest_json(parts)[:12]

    @property
    def stamp(self) -> tuple[Any, ...]:
        """A value that is equal while the inputs of `version` are unchanged. Weights are not read."""
        settings = digest_json([self.config, self.preprocessing])
        return settings, *(file_stamp(p) for p in (self.weights, *self._small))

    @property
    def _small(self) -> list[Path]:
        folders = [folder for folder in (self.tokenizer, self.text_tower) if folder]
        return [path for folder in folders for path in tokenizer_files(folder)]


def model_files(source: Source, settings: Settings | None = None) -> ModelFiles:
    """Find the model's files on this machine. Raises BadInput if one is missing, damaged or not safe to load."""

    def find(repository: str, names: Sequence[str]) -> Path:
        return repository_file(repository, names, f"open-clip:{source}", settings)

    home = Path(source.name) if source.kind == "folder" else None
    config, preprocessing, weights = _of_tag(source, find) if source.kind == "tag" else _of_folder(source, home, find)
    _check_config(config, source)
    check_weights(weights)
    text = config["text_cfg"]
    tokenizer = (home or _tokenizer_of(text["hf_tokenizer_name"], find)) if text.get("hf_tokenizer_name") else None
    tower = find(text["hf_model_name"], ["config.json"]).parent if text.get("hf_model_name") else None
    for folder in filter(None, (tokenizer, tower)):
        check_code(folder)
    if tokenizer:
        check_tokenizer(tokenizer)
    check_sizes(config, weights)
    _check_preprocessing(preprocessing, source)
    return ModelFiles(config, preprocessing, weights, tokenizer, tower)


def _tokenizer_of(repository: str, find: Find) -> Path:
    return find(repository, ["tokenizer_config.json", "tokenizer.json", "vocab.txt"]).parent


def _of_tag(source: Source, find: Find) -> tuple[dict[str, Any], dict[str, Any], Path]:
    open_clip = import_open_clip()
    tag = open_clip.get_pretrained_cfg(source.name, source.tag)
    repository, _, name = tag["hf_hub"].rpartition("/")
    names = (f"{Path(name).stem}.safetensors", name) if name else HUB_WEIGHTS
    config = open_clip.get_model_config(source.name)
    config["quick_gelu"] = bool(tag.get("quick_gelu", config.get("quick_gelu", False)))
    return config, {key: tag[key] for key in PREPROCESSING if key in tag}, find(repository, names)


def _of_folder(source: Source, home: Path | None, find: Find) -> tuple[dict[str, Any], dict[str, Any], Path]:
    """The config, preprocessing and weights of a folder or repository, whose tokenizer may be in another repository."""
    path = home / CONFIG if home else find(source.name, [CONFIG])
    weights = _local_weights(home) if home else find(source.name, HUB_WEIGHTS)
    whole = read_json(path)
    if "model_cfg" not in whole:
        raise BadInput(f"open-clip: '{shown(path)}' has no 'model_cfg', as open_clip writes it; fetch the file again")
    return whole["model_cfg"], whole.get("preprocess_cfg") or {}, weights


def _local_weights(folder: Path) -> Path:
    """The weight file that open_clip would load from the folder."""
    held = sorted(p for pattern in ("*.safetensors", "*.bin", "*.pth") for p in folder.glob(pattern))
    order = {name: place for place, name in enumerate(_LOCAL_WEIGHTS)}
    held.sort(key=lambda p: (order.get(p.name, len(order)), p.suffix != ".safetensors"))
    if not held:
        part = [p.name for p in folder.rglob("*.incomplete")]
        why = f"only part of them was downloaded ({part[0]})" if part else f"none of {', '.join(_LOCAL_WEIGHTS[:3])}"
        raise BadInput(f"open-clip: '{shown(folder)}' holds no weights: {why}; fetch the folder again")
    return held[0]


def _check_config(config: Any, source: Source) -> None:
    """Raise BadInput if the architecture is not described, or its tokenizer would run code from the model."""
    parts, name = ("vision_cfg", "text_cfg"), shown(source)
    if not isinstance(config, dict) or not all(isinstance(config.get(part), dict) for part in parts):
        raise BadInput(f"open-clip: the settings of '{name}' describe no image and text tower; fetch them again")
    if not isinstance(config.get("embed_dim"), int) or config["embed_dim"] < 1:
        raise BadInput(f"open-clip: the settings of '{name}' give no 'embed_dim'; fetch them again")
    if (config["text_cfg"].get("tokenizer_kwargs") or {}).get("trust_remote_code"):
        raise BadInput(f"open-clip: the settings of '{name}' ask to run code that comes with the model; refused")


def _check_preprocessing(preprocessing: dict[str, Any], source: Source) -> None:
    """Raise BadInput for preprocessing with which open_clip would fail silently or divide by zero."""
    for name in ("mean", "std"):
        values = preprocessing.get(name, [1.0] * 3)
        values = [values] * 3 if isinstance(values, (int, float)) else values
        numbers = isinstance(values, (list, tuple)) and all(isinstance(v, (int, float)) for v in values)
        if not numbers or len(values) != 3 or not all(-100 < v < 100 and (v or name == "mean") for v in values):
            raise BadInput(f"open-clip: the settings of '{shown(source)}' give no usable '{name}'; fetch them again")
    for name, allowed in _WAYS.items():
        if preprocessing.get(name, allowed[0]) not in allowed:
            wanted = " or ".join(allowed)
            raise BadInput(f"open-clip: '{name}' of '{shown(source)}' must be {wanted}; fetch the settings again")


def check_weights(path: Path) -> None:
    """Raise BadInput if the file is incomplete or of another format than its name says. Only its ends are read."""
    if path.suffix == ".safetensors":
        read_header(path)
        return
    with path.open("rb") as file:
        pickled = file.read(1) == b"\x80"
    if not (pickled or zipfile.is_zipfile(path)):
        raise BadInput(f"weights '{shown(path)}' are damaged or were downloaded only in part; fetch the model again")


def tokenizer_files(folder: Path) -> list[Path]:
    """The files that determine the tokens of a text."""
    return sorted({path for pattern in TOKENIZER_FILES for path in folder.glob(pattern) if path.is_file()})


def file_digest(path: Path) -> str:
    """SHA-256 of the content, taken from the file name for large files in the hub's cache."""
    target = path.resolve()
    if target.parent.name == "blobs" and len(target.name) == 64:
        return target.name
    return _digest(*file_stamp(target))


@lru_cache(maxsize=64)
def _digest(path: str, size: int, changed: int) -> str:
    """SHA-256 of the content, cached until size or time change, since both towers and all pages need it."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""The files an OpenCLIP model consists of: found, checked before they are loaded, told apart by their content."""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmalign_core.encoders.openclip_hub import TOKENIZER_FILES, hub_file, hub_tokenizer
from mmalign_core.encoders.openclip_models import CONFIG, Source, import_open_clip
from mmalign_core.types import BadInput, digest_json

REVISION = 1
"""Raised when what this code makes of the same files changes."""
PREPROCESSING = ("mean", "std", "interpolation", "resize_mode")
_HUB_WEIGHTS = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
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
    """What a model is built from. `tokenizer` and `text_tower`: folders, None where open_clip brings its own.

    `config`: the architecture ("embed_dim", "vision_cfg", "text_cfg"); `preprocessing`: what overrides open_clip's.
    """

    config: dict[str, Any]
    preprocessing: dict[str, Any]
    weights: Path
    tokenizer: Path | None
    text_tower: Path | None

    @property
    def version(self) -> str:
        """12 hexadecimal digits over architecture, preprocessing, weights and tokenizer, whatever shapes vectors."""
        folders = [folder for folder in (self.tokenizer, self.text_tower) if folder]
        small = [(p.name, file_digest(p)) for folder in folders for p in tokenizer_files(folder)]
        parts = [REVISION, self.config, self.preprocessing, file_digest(self.weights), small]
        return digest_json(parts)[:12]


def model_files(source: Source) -> ModelFiles:
    """Find every file, downloading what a hub has to give; BadInput in one line for what is missing or damaged."""
    config, preprocessing, weights, home = _of_tag(source) if source.kind == "tag" else _of_folder(source)
    _check_config(config, source)
    check_weights(weights)
    text = config["text_cfg"]
    tokenizer = (home or hub_tokenizer(text["hf_tokenizer_name"])) if text.get("hf_tokenizer_name") else None
    tower = hub_tokenizer(text["hf_model_name"]) if text.get("hf_model_name") else None
    for folder in filter(None, (tokenizer, tower)):
        _check_code(folder)
    return ModelFiles(config, preprocessing, weights, tokenizer, tower)


def _of_tag(source: Source) -> tuple[dict[str, Any], dict[str, Any], Path, Path | None]:
    open_clip = import_open_clip()
    tag = open_clip.get_pretrained_cfg(source.name, source.tag)
    repository, _, name = tag["hf_hub"].rpartition("/")
    names = (f"{Path(name).stem}.safetensors", name) if name else _HUB_WEIGHTS
    config = open_clip.get_model_config(source.name)
    config["quick_gelu"] = bool(tag.get("quick_gelu", config.get("quick_gelu", False)))
    return config, {key: tag[key] for key in PREPROCESSING if key in tag}, hub_file(repository, names), None


def _of_folder(source: Source) -> tuple[dict[str, Any], dict[str, Any], Path, Path | None]:
    """Of a folder, and of a repository laid out like one, whose tokenizer may stand in another repository."""
    if source.kind == "hub":
        path, weights, home = hub_file(source.name, [CONFIG]), hub_file(source.name, _HUB_WEIGHTS), None
    else:
        home = Path(source.name)
        path, weights = home / CONFIG, _local_weights(home)
    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
        return whole["model_cfg"], whole.get("preprocess_cfg") or {}, weights, home
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        why = "is no JSON with a 'model_cfg', as open_clip writes it"
        raise BadInput(f"open-clip: '{path}' {why}; fetch the file again") from error


def _local_weights(folder: Path) -> Path:
    """The file open_clip itself would take."""
    held = sorted(p for pattern in ("*.safetensors", "*.bin", "*.pth") for p in folder.glob(pattern))
    order = {name: place for place, name in enumerate(_LOCAL_WEIGHTS)}
    held.sort(key=lambda p: (order.get(p.name, len(order)), p.suffix != ".safetensors"))
    if not held:
        part = [p.name for p in folder.rglob("*.incomplete")]
        why = f"only part of them was downloaded ({part[0]})" if part else f"none of {', '.join(_LOCAL_WEIGHTS[:3])}"
        raise BadInput(f"open-clip: '{folder}' holds no weights: {why}; fetch the folder again")
    return held[0]


def _check_config(config: Any, source: Source) -> None:
    """BadInput if the architecture is not described, or if its tokenizer would run code of others."""
    parts = ("vision_cfg", "text_cfg")
    if not isinstance(config, dict) or not all(isinstance(config.get(part), dict) for part in parts):
        raise BadInput(f"open-clip: the settings of '{source}' describe no image and text tower; fetch them again")
    if not isinstance(config.get("embed_dim"), int) or config["embed_dim"] < 1:
        raise BadInput(f"open-clip: the settings of '{source}' give no 'embed_dim'; fetch them again")
    if (config["text_cfg"].get("tokenizer_kwargs") or {}).get("trust_remote_code"):
        raise BadInput(f"open-clip: the settings of '{source}' ask to run code that comes with the model; refused")


def _check_code(folder: Path) -> None:
    """BadInput if settings of transformers name code that comes with the model: it would ask whether to run it."""
    for path in (folder / "config.json", folder / "tokenizer_config.json"):
        try:
            settings = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        except (OSError, ValueError) as error:
            raise BadInput(f"open-clip: '{path}' is no readable JSON; fetch it again") from error
        if isinstance(settings, dict) and settings.get("auto_map"):
            raise BadInput(f"open-clip: '{path}' names code that comes with the model, which is never run; refused")


def check_weights(path: Path) -> None:
    """BadInput if the file cannot be whole or is not what its name says; only its ends are read."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(8)
        if path.suffix == ".safetensors":
            length = int.from_bytes(head, "little")
            header = file.read(length) if 2 <= length <= min(size, 100_000_000) else b""
            whole = _is_whole(header, size - 8 - length)
        else:
            whole = zipfile.is_zipfile(path) or head[:1] == b"\x80"
    if not whole:
        if path.suffix == ".safetensors" and (head[:1] == b"\x80" or head[:2] == b"PK"):
            raise BadInput(f"open-clip: '{path}' is a pickle under the name of safetensors; refused")
        raise BadInput(
            f"open-clip: '{path}' is damaged or was downloaded only in part ({size:,} bytes); fetch it again"
        )


def _is_whole(header: bytes, left: int) -> bool:
    """Whether a safetensors header is one, and `left` bytes are what it says will follow."""
    try:
        ends = [entry["data_offsets"][1] for name, entry in json.loads(header).items() if name != "__metadata__"]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return False
    return max(ends, default=-1) == left


def tokenizer_files(folder: Path) -> list[Path]:
    """What shapes the tokens of a text."""
    return sorted({path for pattern in TOKENIZER_FILES for path in folder.glob(pattern) if path.is_file()})


def file_digest(path: Path) -> str:
    """SHA-256 of the content; the hub's cache names large files by it already."""
    target = path.resolve()
    if target.parent.name == "blobs" and len(target.name) == 64:
        return target.name
    with target.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

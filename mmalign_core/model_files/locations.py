"""Locations of models: the models folder, the cache of the Hugging Face hub, or any folder given by its path."""

from __future__ import annotations

import os
import re
from pathlib import Path

from mmalign_core.data.names import shown
from mmalign_core.model_files.catalogue import KNOWN, ORGANISATION, nearest
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput

_NAME = re.compile(r"([\w.-]+/)?[\w.-]+", re.ASCII)


def hub_cache() -> Path:
    """The hub's cache: HF_HUB_CACHE, else `hub` below HF_HOME, else below the user's cache, as in huggingface_hub."""
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "huggingface"
    home = Path(os.environ.get("HF_HOME") or default)
    return Path(os.environ.get("HF_HUB_CACHE") or home / "hub").expanduser()


def own_folder(settings: Settings | None = None) -> Path:
    """The models folder, `models` below the store's root. Models copied to it as ORGANISATION/NAME need no hub."""
    return (settings or Settings()).root / "models"


def is_repository(name: str) -> bool:
    """Whether the name is valid on the hub: ORGANISATION/NAME, or NAME alone for the oldest models."""
    return bool(_NAME.fullmatch(name)) and ".." not in name and all(part.strip(".") for part in name.split("/"))


def cached_repository(name: str) -> Path:
    """The folder of a repository in the cache, whether it exists or not."""
    return hub_cache() / f"models--{name.replace('/', '--')}"


def snapshot(name: str) -> Path | None:
    """The cached folder of the repository's main branch as last fetched; None if there is none."""
    held = cached_repository(name)
    try:
        commit = (held / "refs" / "main").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    folder = held / "snapshots" / commit
    return folder if commit and folder.is_dir() else None


def repository(encoder: str, model: str) -> str:
    """ORGANISATION/NAME of a model of that encoder. A name without organisation gets the encoder's usual one."""
    home = ORGANISATION.get(encoder, "")
    return model if "/" in model or not home else f"{home}/{model}"


def model_folder(encoder: str, model: str, settings: Settings | None = None) -> Path:
    """The folder of the model. Raises BadInput as `found_model`."""
    return found_model(encoder, model, settings)[1]


def found_model(encoder: str, model: str, settings: Settings | None = None) -> tuple[str, Path]:
    """The model's `full_name` and its folder: as given, in the models folder, or in the hub's cache.

    Raises BadInput, with the folders that were searched and the command that fetches it, if it is in none of them.
    """
    if not model:
        raise BadInput(f"encoder '{encoder}' needs a model: {encoder}:NAME_OR_FOLDER, as {_example(encoder)}")
    if "\0" in model or len(model) > 4000:
        raise BadInput(f"encoder '{encoder}': '{shown(model[:80])}' cannot be the name of a model")
    name = full_name(encoder, model)
    for folder in _places(name, settings):
        if _is_folder(folder):
            return name, folder
    raise BadInput(_missing(encoder, model, settings))


def full_name(encoder: str, model: str) -> str:
    """The normalised name of a model: the absolute path of a folder, or ORGANISATION/NAME."""
    folder = Path(model).expanduser()
    if _looks_like_folder(model) or ("/" in model and (_is_folder(folder) or not is_repository(model))):
        return str(folder.absolute())
    return repository(encoder, model)


def _places(name: str, settings: Settings | None) -> list[Path]:
    places = [own_folder(settings) / name, snapshot(name)] if is_repository(name) else [Path(name)]
    return [place for place in places if place]


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _looks_like_folder(model: str) -> bool:
    return model.startswith(("/", "./", "../", "~", ".\\", "\\")) or model[1:3] == ":\\" or model in (".", "..")


def _missing(encoder: str, model: str, settings: Settings | None) -> str:
    name = repository(encoder, model)
    if _looks_like_folder(model) or not is_repository(name):
        where = Path(model).expanduser()
        what = "is a file; name the folder it lies in" if where.is_file() else "is no folder; name one that holds it"
        return f"encoder '{encoder}': model '{shown(model)}' {what}"
    hint = nearest(name, KNOWN.get(encoder, ()))
    looked = f"looked for in {own_folder(settings) / name} and in the hub's cache {hub_cache()}"
    return f"model '{name}'{hint} is not here: {looked}; get it with: python -m mmalign_core fetch {encoder}:{name}"


def _example(encoder: str) -> str:
    known = KNOWN.get(encoder, ())
    return f"{encoder}:{known[0]}" if known else f"{encoder}:./folder"

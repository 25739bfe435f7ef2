"""Inventory of the models on this machine: their references, sizes and removal."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from mmalign_core.data.names import shown
from mmalign_core.model_files.catalogue import DUAL
from mmalign_core.model_files.fetch_records import fetched_as, fetched_files, forget, remove_fetched
from mmalign_core.model_files.locations import cached_repository, hub_cache, is_repository, own_folder, snapshot
from mmalign_core.model_files.weights import check_weights, file_stamp, files_of, weight_files
from mmalign_core.settings import Settings
from mmalign_core.store.parts import remove_tree, sibling
from mmalign_core.types import BadInput

_LICENCE = re.compile(r"^(license|license_name):[ \t]*([\w.+-]+)", re.MULTILINE)


MODEL_SUFFIXES = (
    *(".safetensors", ".bin", ".pt", ".pth", ".onnx", ".model", ".msgpack", ".h5", ".ot"),
    *(".json", ".jsonl", ".txt", ".md", ".jinja", ".py", ".xml", ".vocab", ".yaml", ".yml"),
)
MODEL_NAMES = ("LICENSE", "NOTICE", "README", "USE_POLICY", "merges", "vocab")
"""Suffixes and name starts of the files of models on the hub: weights, configuration, tokenizers and documents."""


@dataclass(frozen=True)
class LocalModel:
    """A model on this machine. `reference`: the encoder reference that selects it, '' if no encoder reads it.

    `bytes`: size on disk. `whole`: False if weights are missing or cut short. `licence`: '' if its card names none.
    """

    name: str
    reference: str
    folder: Path
    bytes: int
    whole: bool
    licence: str


def local_models(settings: Settings | None = None) -> tuple[LocalModel, ...]:
    """Return the models in the models folder and in the hub's cache, by name.

    An interrupted download counts as a model that is not whole. Cached metadata alone is not a model.
    """
    names = fetched_as(settings)
    rows = [*_own(settings), *(row for row in _cached() if row.name in names or snapshot(row.name))]
    rows = [replace(row, reference=names.get(row.name, row.reference)) for row in rows]
    return tuple(sorted(rows, key=lambda row: (row.name.lower(), str(row.folder))))


def remove(name: str, settings: Settings | None = None) -> int:
    """Delete every copy of the repository ORGANISATION/NAME that is ours. Return the freed bytes.

    Ours is what lies in the models folder itself and is a model, and of the hub's cache, which other programs share,
    what `fetch` wrote. Raises BadInput, before anything is deleted, if there is none, or a folder is reached by a link.
    """
    rows = [row for row in local_models(settings) if row.name == name]
    if not rows:
        raise BadInput(f"no model '{name}' is here to remove; see: python -m mmalign_core fetch --list")
    own = [row for row in rows if row.folder.is_relative_to(own_folder(settings))]
    for row in rows:
        _check_removable(row, settings)
    cached = [row for row in rows if row not in own and fetched_files(name, row.folder, settings)]
    if not own and not cached:
        raise BadInput(
            f"'{shown(rows[0].folder)}' lies in the cache that all programs share, and `fetch` did not write it; "
            f"if no program needs it, delete it by: hf cache rm model/{name}"
        )
    freed = sum(remove_fetched(name, row.folder, settings) for row in cached)
    for row in own:
        _delete(row.folder)
        freed += row.bytes
    forget(name, settings)
    return freed


def _delete(folder: Path) -> None:
    """Delete the folder: it disappears at once, or stays. BadInput with the reason if it cannot go."""
    gone = sibling(folder)
    try:
        os.rename(folder, gone)
        remove_tree(gone)
        if gone.exists():
            os.rename(gone, folder)
            raise PermissionError(0, "the system keeps a file in it")
    except OSError as error:
        why = f"cannot delete '{shown(folder)}' ({error.strerror or error})"
        raise BadInput(f"{why}; end the programs that use it, or delete it yourself") from error


def _check_removable(row: LocalModel, settings: Settings | None) -> None:
    """Raise BadInput if a link leads to the folder, or it lies in the models folder and holds no model or more."""
    own = row.folder.is_relative_to(own_folder(settings))
    last = own_folder(settings).parent if own else hub_cache()
    path = row.folder
    while path != last:
        if path.is_symlink():
            what = "is" if path == row.folder else f"lies behind '{shown(path)}',"
            raise BadInput(f"'{shown(row.folder)}' {what} a link to a folder of yours; delete the link yourself")
        path = path.parent
    if own and not encoder_for(row.folder) and not weight_files(row.folder):
        raise BadInput(f"'{shown(row.folder)}' holds no model; if it may go, delete it yourself")
    if own and (other := _other_file(row.folder)):
        raise BadInput(f"'{shown(row.folder)}' also holds '{shown(other)}', which is no part of a model; move it first")


def _other_file(folder: Path) -> str:
    """Relative name of the first file below the folder that is not part of a model; '' if there is none."""
    for path in sorted(folder.rglob("*")):
        known = path.suffix.lower() in MODEL_SUFFIXES or path.name.startswith((".", *MODEL_NAMES))
        if not path.is_dir() and not known:
            return path.relative_to(folder).as_posix()
    return ""


def _own(settings: Settings | None) -> Iterator[LocalModel]:
    root = own_folder(settings)
    for folder in sorted(root.glob("*/*")):
        if folder.is_dir() and not folder.parent.name.startswith("."):
            yield _row(folder.relative_to(root).as_posix(), folder, folder)


def _cached() -> Iterator[LocalModel]:
    for held in sorted(hub_cache().glob("models--*--*")):
        name = held.name.removeprefix("models--").replace("--", "/", 1)
        if held.is_dir() and held == cached_repository(name):
            yield _row(name, held, snapshot(name))


def _row(name: str, folder: Path, files: Path | None) -> LocalModel:
    held = sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    reference = _reference(name, files) if files else ""
    return LocalModel(name, reference, folder, held, _whole(files), licence(files) if files else "")


def _whole(files: Path | None) -> bool:
    """Whether the model's weights are complete. A repository of a tokenizer alone counts as whole."""
    if files is None:
        return False
    held = (*weight_files(files), *files_of(files, "*.safetensors.index.json"))
    return _checked(files, tuple(map(file_stamp, held)))


@lru_cache(maxsize=512)
def _checked(files: Path, held: tuple[tuple[str, int, int], ...]) -> bool:
    """Whether the weights are valid. Cached until a file in `held` changes, since headers take milliseconds to read."""
    try:
        check_weights(files)
    except BadInput:
        return not weight_files(files) and not (files / "config.json").is_file()
    return True


def _reference(name: str, files: Path) -> str:
    """The reference of a model: by its name, or by its folder if the name is not valid on a hub."""
    encoder = encoder_for(files)
    if not encoder:
        return ""
    by_name = is_repository(name)
    kind = ("hf-hub:" if by_name else "local-dir:") if encoder == "open-clip" else ""
    return f"{encoder}:{kind}{name if by_name else files.absolute()}"


def encoder_for(files: Path) -> str:
    """Return the name of the encoder that reads the model in this folder, or ''."""
    if (files / "open_clip_config.json").is_file():
        return "open-clip"
    config = _config(files)
    if (files / "modules.json").is_file():
        static = config.get("model_type") == "model2vec" or "embedding_dtype" in config
        return "model2vec" if static else "sentence-transformers"
    if config.get("model_type") in DUAL:
        return "transformers"
    return "clap" if config.get("model_type") == "clap" else ""


def _config(files: Path) -> dict[str, Any]:
    """The settings of a model in the folder; {} where there are none that can be read."""
    try:
        found = json.loads((files / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def licence(files: Path) -> str:
    """The licence on a model's card, by its own name if it is none of the usual ones; '' if it states none."""
    try:
        card = (files / "README.md").read_text(encoding="utf-8", errors="replace")[:20_000]
    except OSError:
        return ""
    head = card.partition("\n---")[0] if card.startswith("---") else ""
    stated = dict(_LICENCE.findall(head))
    named = stated.get("license_name", "")
    return named if named and stated.get("license", "other") == "other" else stated.get("license", "")

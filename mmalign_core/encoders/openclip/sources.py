"""The OpenCLIP model that a reference names, and its files on this machine and on a hub."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from mmalign_core.data.names import shown
from mmalign_core.encoders.model_choice import package_folder
from mmalign_core.encoders.torch_models.torch_companions import mend_torchvision
from mmalign_core.model_files.catalogue import SUGGESTED
from mmalign_core.model_files.locations import hub_cache, is_repository, own_folder, snapshot
from mmalign_core.model_files.requirements import RequiredFiles, open_clip_tokenizers, text_tower_files
from mmalign_core.model_files.verification import other_encoder_hint
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput

HUB, FOLDER = "hf-hub:", "local-dir:"
CONFIG = "open_clip_config.json"
HUB_WEIGHTS = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
"""File names of weights that open_clip saves on a hub, safetensors first."""
FORMS = f"MODEL/PRETRAINED, {HUB}ORG/NAME or {FOLDER}/FOLDER"


@dataclass(frozen=True)
class Source:
    """The source of a model. `kind`: tag (of a built-in architecture), hub (a repository) or folder (a local path)."""

    kind: Literal["tag", "hub", "folder"]
    name: str
    tag: str = ""

    def __str__(self) -> str:
        """The model's name as in 'open-clip:NAME'."""
        return {"tag": f"{self.name}/{self.tag}", "hub": HUB + self.name, "folder": FOLDER + self.name}[self.kind]


def source_of(model: str) -> Source:
    """The source that the text after 'open-clip:' names. Raises BadInput if it is empty, invalid or unknown.

    Folders must exist; hubs are not queried.
    """
    if not model:
        listed = "; ".join(str(row) for row in SUGGESTED if row.encoder == "open-clip")
        raise BadInput(f"encoder 'open-clip' needs a model behind a colon ({FORMS}). Recommended: {listed}")
    if model.startswith(FOLDER):
        return _folder(model.removeprefix(FOLDER))
    if model.startswith(HUB):
        return _repository(model.removeprefix(HUB))
    return _tagged(model)


def import_open_clip() -> Any:
    """Import open_clip after repairing torchvision. Raises BadInput with the install command if one is missing."""
    package_folder("open_clip", "open-clip", "open_clip_torch")
    if not mend_torchvision():
        raise BadInput(
            "encoder 'open-clip' needs a torchvision that can be imported: pip install --upgrade torchvision"
        )
    import open_clip

    return open_clip


def _folder(path: str) -> Source:
    folder = Path(path).expanduser().absolute()
    if not path:
        raise BadInput(f"open-clip: '{FOLDER}' names no folder; write {FOLDER}/FOLDER")
    if not _is_folder(folder):
        near = difflib.get_close_matches(folder.name, _folders_beside(folder), n=1)
        hint = f"did you mean '{shown(folder.parent / near[0])}'?" if near else "correct the path"
        raise BadInput(f"open-clip: there is no folder '{shown(folder)}'; {hint}")
    if not (folder / CONFIG).is_file():
        held = ", ".join(sorted(p.name for p in folder.iterdir())[:5]) or "nothing"
        why = other_encoder_hint(folder, "open-clip") or "; a folder as open_clip saves it is needed"
        raise BadInput(f"open-clip: '{shown(folder)}' has no {CONFIG} (it holds: {shown(held)}){why}")
    return Source("folder", str(folder))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _folders_beside(folder: Path) -> list[str]:
    return [p.name for p in folder.parent.iterdir() if p.is_dir()] if _is_folder(folder.parent) else []


def _repository(name: str) -> Source:
    parts = name.split("/")
    if len(parts) != 2 or not all(
        p.strip(".") and p.replace("-", "").replace("_", "").replace(".", "").isalnum() for p in parts
    ):
        raise BadInput(f"open-clip: '{HUB}{shown(name)}' is no repository; write {HUB}ORG/NAME")
    return Source("hub", name)


def _tagged(model: str) -> Source:
    open_clip = import_open_clip()
    name, slash, tag = model.rpartition("/")
    known = open_clip.list_pretrained()
    if (name, tag) in known:
        return Source("tag", name, tag)
    wanted, every = (name, model) if slash else (model, model)
    tags = open_clip.list_pretrained_tags_by_model(wanted)
    if tags:
        near = [f"{wanted}/{tag}" for tag in difflib.get_close_matches(tag, tags, n=3, cutoff=0.3) or tags[:5]]
    else:
        near = difflib.get_close_matches(every, [f"{n}/{t}" for n, t in known], n=3, cutoff=0.4)
    hint = f"did you mean {' or '.join(near)}?" if near else f"write {FORMS}."
    raise BadInput(f"open-clip knows no model '{shown(model)}'; {hint} All names: open_clip.list_pretrained()")


def hub_files(source: Source) -> tuple[RequiredFiles, ...]:
    """The model's files in repositories of a hub; for a folder, those that its settings name and it does not hold.

    Raises BadInput for a complete folder, and for a tag whose weights are on no hub.
    """
    if source.kind == "folder":
        return text_tower_files(source.name)
    if source.kind == "hub":
        return (RequiredFiles(source.name, HUB_WEIGHTS),)
    open_clip = import_open_clip()
    place = (open_clip.get_pretrained_cfg(source.name, source.tag) or {}).get("hf_hub", "")
    held, _, file = place.rpartition("/")
    if not held:
        raise BadInput(f"'{source}' is on no hub, only as a pickle elsewhere, which is not fetched; choose another tag")
    names = (f"{PurePosixPath(file).stem}.safetensors", file) if file else HUB_WEIGHTS
    return (RequiredFiles(held, names), *open_clip_tokenizers(open_clip.get_model_config(source.name) or {}, held))


def repository_file(repository: str, names: Sequence[str], reference: str, settings: Settings | None = None) -> Path:
    """The first of these files in the repository's copy in the models folder or the hub's cache.

    Raises BadInput, with the folders that were searched and the command that fetches `reference`, if there is none.
    """
    if not isinstance(repository, str) or not is_repository(repository):
        named = f"the settings of '{shown(reference)}' name '{shown(repository)}'"
        raise BadInput(f"open-clip: {named}, which is no repository; refused")
    own = own_folder(settings) / repository
    for folder in (own, snapshot(repository)):
        paths = [folder / name for name in names if folder and (folder / name).is_file()]
        if paths:
            return paths[0]
    raise BadInput(
        f"model '{shown(reference)}' is not here: {' or '.join(names)} of '{repository}' was looked for in {own} "
        f"and in the hub's cache {hub_cache()}; get it with: python -m mmalign_core fetch {reference}"
    )

"""Use case: the encoders that can be chosen on this machine, and suggested models."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mmalign_core.encoders import ENCODERS, without_params
from mmalign_core.encoders.servers.base import KEY, URL, ServerEncoder
from mmalign_core.model_files.catalogue import SUGGESTED, Suggested, licence_words
from mmalign_core.model_files.inventory import LocalModel, local_models
from mmalign_core.model_files.requirements import ENCODERS as OF_MODELS
from mmalign_core.servers.addresses import address_of
from mmalign_core.settings import Settings
from mmalign_core.spaces import parts_of, space_of
from mmalign_core.types import BadInput
from mmalign_core.wording import say
from mmalign_core.workflow.encoding import DEFAULT_ENCODERS

FRAMES = "video-frames"


@dataclass(frozen=True)
class AvailableModel:
    """An encoder with its model. `missing`: why it cannot be used, with the cure; '' if it can.

    `bytes`: size of its own files on disk; `licence`: '' if its card states none; `embedded`: whether its weights come
    from a Python package.
    """

    reference: str
    name: str
    reads: tuple[str, ...]
    summary: str
    bytes: int
    licence: str
    folder: Path | None
    embedded: bool
    missing: str = ""

    @property
    def terms(self) -> str:
        """The licence, marked if it forbids commercial use; '' if its card states none."""
        return licence_words(self.licence)


def suggested_models() -> dict[tuple[str, ...], list[Suggested]]:
    """Modalities -> the suggested models that read them, smaller ones first."""
    by_modalities: dict[tuple[str, ...], list[Suggested]] = {}
    for row in SUGGESTED:
        by_modalities.setdefault(row.reads, []).append(row)
    return by_modalities


def available_models(settings: Settings | None = None) -> tuple[AvailableModel, ...]:
    """All encoders on this machine: the embedded ones, then local models by name. No hub is queried."""
    return (
        *(_embedded(name) for name in ENCODERS.names() if name not in OF_MODELS and not is_on_server(name)),
        *map(_fetched, local_models(settings)),
    )


def is_on_server(name: str) -> bool:
    """Whether the encoder of that name sends media to a server."""
    return issubclass(ENCODERS.get(name), ServerEncoder)


@dataclass(frozen=True)
class EmbeddingServer:
    """The server that the environment names: its host, and the encoders that ask it."""

    host: str
    encoders: tuple[str, ...]


def embedding_server() -> EmbeddingServer | None:
    """The server in MMALIGN_EMBEDDING_URL; None if the variable is not set. Raises BadInput for no address."""
    if not os.environ.get(URL, "").strip():
        return None
    names = tuple(name for name in ENCODERS.names() if is_on_server(name))
    return EmbeddingServer(address_of(URL, KEY, "http://localhost:8080/v1").host, names)


def available_encoders(modality: str, settings: Settings | None = None) -> tuple[AvailableModel, ...]:
    """The encoders that read the modality, the default first. Models of pictures also read videos, by their frames."""
    every = [row for row in available_models(settings) if row.embedded or not row.missing]
    rows = [row for row in every if modality in row.reads]
    if modality == "video":
        by_frames = [row for row in every if "image" in row.reads and "video" not in row.reads and not row.embedded]
        rows += [_over_frames(row) for row in by_frames]
    distinct = {row.reference: row for row in rows}.values()
    default = DEFAULT_ENCODERS.get(modality)
    return tuple(sorted(distinct, key=lambda row: (row.reference != default, not row.embedded)))


def same_space(reference: str, modality: str) -> dict[str, str]:
    """Modality -> encoder reference, for all encoders that share the space of `reference`, which is among them."""
    name, _, model = parts_of(reference)
    if name == FRAMES and model:
        return {**same_space(model, "image"), modality: reference} if len(same_space(model, "image")) > 1 else {}
    if name not in ENCODERS.names() or not model or len(reads := ENCODERS.get(name).reads(model)) < 2:
        return {modality: reference}
    towers = dict.fromkeys(reads, reference)
    return ({"video": f"{FRAMES}:{reference}"} if "image" in towers else {}) | towers


def share_space(pair: tuple[str, str], encoders: Mapping[str, str]) -> bool:
    """Whether the encoders of the pair (those given, else the defaults) share a space by their training."""
    first, second = (encoders.get(modality, DEFAULT_ENCODERS.get(modality, "")) for modality in pair)
    if not second or same_space(without_params(first), pair[0]).get(pair[1]) != without_params(second):
        return False
    return space_of(first) == space_of(second)


def _embedded(name: str) -> AvailableModel:
    cls, folder, missing = ENCODERS.get(name), None, ""
    try:
        folder = next(iter(cls.folders()), None)
    except BadInput as error:
        missing = str(error)
    held = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder else 0
    return AvailableModel(name, name, cls.reads(), cls.summary, held, cls.licence, folder, True, missing)


def _fetched(row: LocalModel) -> AvailableModel:
    name, _, model = parts_of(row.reference)
    reads = ENCODERS.get(name).reads(model) if row.reference else ()
    missing = "" if row.whole else say("it is incomplete; fetch it again to resume the download")
    if row.whole and not row.reference:
        missing = say("a part of other models, or of a kind that no encoder here reads")
    return AvailableModel(
        row.reference, model or row.name, reads, row.name, row.bytes, row.licence, row.folder, False, missing
    )


def _over_frames(row: AvailableModel) -> AvailableModel:
    reference = f"{FRAMES}:{row.reference}"
    summary = say("Frames of videos by {name}, without the sound", name=row.name)
    return AvailableModel(reference, row.name, ("video",), summary, row.bytes, row.licence, row.folder, False)

"""Use case: which encoders can be chosen on this machine, and which models are worth getting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mmalign_core.encoders import ENCODERS, without_params
from mmalign_core.model_files.catalogue import SUGGESTED, Suggested
from mmalign_core.model_files.inventory import LocalModel, local_models
from mmalign_core.model_files.requirements import ENCODERS as OF_MODELS
from mmalign_core.settings import Settings
from mmalign_core.spaces import parts_of
from mmalign_core.types import BadInput
from mmalign_core.workflow.encoding import DEFAULT_ENCODERS

FRAMES = "video-frames"


@dataclass(frozen=True)
class Offer:
    """An encoder with its model. `missing`: why it cannot be chosen now, with the cure; '' where it can.

    `bytes` of its files on disk, 0 where it has none of its own; `licence` '' where its card states none.
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


def suggestions() -> dict[tuple[str, ...], list[Suggested]]:
    """Models worth getting by the modalities they read, smaller ones first."""
    found: dict[tuple[str, ...], list[Suggested]] = {}
    for row in SUGGESTED:
        found.setdefault(ENCODERS.get(row.encoder).reads(), []).append(row)
    return found


def offers(settings: Settings | None = None) -> tuple[Offer, ...]:
    """Every encoder of this machine: the embedded ones, then each model that is here, by name. No hub is asked."""
    return (
        *(_embedded(name) for name in ENCODERS.names() if name not in OF_MODELS),
        *map(_fetched, local_models(settings)),
    )


def encoders_for(modality: str, settings: Settings | None = None) -> tuple[Offer, ...]:
    """Those that read the modality, the default first; a video is also read by every model of pictures."""
    every = [offer for offer in offers(settings) if offer.embedded or not offer.missing]
    found = [offer for offer in every if modality in offer.reads]
    if modality == "video":
        found += [_over_frames(offer) for offer in every if "image" in offer.reads and not offer.embedded]
    once = {offer.reference: offer for offer in found}.values()
    usual = DEFAULT_ENCODERS.get(modality)
    return tuple(sorted(once, key=lambda offer: (offer.reference != usual, not offer.embedded)))


def same_space(reference: str, modality: str) -> dict[str, str]:
    """Modality -> the reference that puts it where this one puts `modality`; only itself for most encoders."""
    name, _, model = parts_of(reference)
    if name == FRAMES and model:
        return {**same_space(model, "image"), modality: reference} if len(same_space(model, "image")) > 1 else {}
    if name not in ENCODERS.names() or not model or len(ENCODERS.get(name).reads()) < 2:
        return {modality: reference}
    towers = dict.fromkeys(ENCODERS.get(name).reads(), reference)
    return towers | ({"video": f"{FRAMES}:{reference}"} if "image" in towers else {})


def share_space(pair: tuple[str, str], encoders: Mapping[str, str]) -> bool:
    """Whether these encoders, else the defaults, put both modalities in one space by their training."""
    first, second = (encoders.get(modality, DEFAULT_ENCODERS.get(modality, "")) for modality in pair)
    return bool(second) and same_space(first, pair[0]).get(pair[1]) == without_params(second)


def _embedded(name: str) -> Offer:
    cls, folder, missing = ENCODERS.get(name), None, ""
    try:
        folder = next(iter(cls.folders()), None)
    except BadInput as error:
        missing = str(error)
    held = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder else 0
    return Offer(name, name, cls.reads(), cls.summary, held, cls.licence, folder, True, missing)


def _fetched(row: LocalModel) -> Offer:
    name, _, model = parts_of(row.reference)
    reads = ENCODERS.get(name).reads() if row.reference else ()
    missing = "" if row.whole else "only part of it came; get it again, and it goes on where it ended"
    if row.whole and not row.reference:
        missing = "a part of other models, or of a kind that no encoder here reads"
    return Offer(row.reference, model or row.name, reads, row.name, row.bytes, row.licence, row.folder, False, missing)


def _over_frames(offer: Offer) -> Offer:
    reference = f"{FRAMES}:{offer.reference}"
    summary = f"Frames of videos by {offer.name}, without the sound"
    return Offer(reference, offer.name, ("video",), summary, offer.bytes, offer.licence, offer.folder, False)

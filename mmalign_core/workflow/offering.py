"""Use case: which encoders can be chosen on this machine, which models are worth getting, what a name stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mmalign_core.encoders import ENCODERS, reference_of
from mmalign_core.encoders.openclip_models import RECOMMENDED
from mmalign_core.models.known import KNOWN, nearest
from mmalign_core.models.places import own_folder
from mmalign_core.models.present import Present, encoder_for, present
from mmalign_core.models.suggested import SUGGESTED
from mmalign_core.models.wanted import ENCODERS as OF_MODELS
from mmalign_core.models.wanted import wanted
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput
from mmalign_core.workflow.encoding import DEFAULT_ENCODERS, encoder

_FRAMES = "video-frames"
_WEIGHT = 4
"""Bytes of a weight as repositories mostly hold them, float32."""


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


@dataclass(frozen=True)
class Suggestion:
    """A model worth getting. `bytes`: of its weights as float32; `figure`: a published zero-shot result, or ''."""

    use: str
    reference: str
    repository: str
    reads: tuple[str, ...]
    bytes: int
    licence: str
    figure: str


@dataclass(frozen=True)
class Named:
    """What a person's words name: a reference, what it reads, and whether all of it is on this machine."""

    reference: str
    reads: tuple[str, ...]
    here: bool


def suggestions() -> tuple[Suggestion, ...]:
    """The recommended models: pictures and texts, sounds and texts, texts; smaller ones first."""
    pictured = [
        Suggestion(
            row.use,
            f"open-clip:{row.model}",
            row.repository,
            ENCODERS.get("open-clip").reads(),
            row.millions * _WEIGHT * 10**6,
            row.licence,
            f"ImageNet {row.accuracy}%",
        )
        for row in RECOMMENDED
    ]
    others = [
        Suggestion(
            row.use,
            f"{row.encoder}:{row.repository}",
            row.repository,
            ENCODERS.get(row.encoder).reads(),
            row.millions * _WEIGHT * 10**6,
            row.licence,
            "",
        )
        for row in SUGGESTED
    ]
    return (*pictured, *others)


def offers(settings: Settings | None = None) -> tuple[Offer, ...]:
    """Every encoder of this machine: the embedded ones, then each model that is here, by name. No hub is asked."""
    return (*(_embedded(name) for name in ENCODERS.names() if name not in OF_MODELS), *map(_fetched, present(settings)))


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
    name, _, model = reference.partition(":")
    if name == _FRAMES and model:
        return {**same_space(model, "image"), modality: reference} if len(same_space(model, "image")) > 1 else {}
    if name not in ENCODERS.names() or not model or len(ENCODERS.get(name).reads()) < 2:
        return {modality: reference}
    towers = dict.fromkeys(ENCODERS.get(name).reads(), reference)
    return towers | ({"video": f"{_FRAMES}:{reference}"} if "image" in towers else {})


def share_space(pair: tuple[str, str], encoders: Mapping[str, str]) -> bool:
    """Whether these encoders, else the defaults, put both modalities in one space by their training."""
    first, second = (encoders.get(modality, DEFAULT_ENCODERS.get(modality, "")) for modality in pair)
    return bool(second) and same_space(first, pair[0]).get(pair[1]) == second


def usual_aligner(pair: tuple[str, str], encoders: Mapping[str, str]) -> str:
    """What suits these encoders, else the defaults, without knowing pairs.

    `as-is` for towers of one model, `pivot` where both sides have texts in their own spaces, else `bridge`.
    """
    if share_space(pair, encoders):
        return "as-is"
    own = {m: same_space(encoders.get(m, DEFAULT_ENCODERS.get(m, "")), m) for m in pair}
    return "pivot" if all("text" in space for space in own.values()) else "bridge"


def check_encoder(reference: str, modality: str) -> str:
    """The reference in its usual form, its files found and checked. BadInput if it cannot read that modality here."""
    reference = named(reference)
    reads = ENCODERS.get(reference.partition(":")[0]).reads()
    if modality == "video" and "image" in reads:
        reference = f"{_FRAMES}:{reference}"
    return reference_of(encoder(reference, modality).key)


def look_up(words: str, settings: Settings | None = None) -> Named:
    """What the words name, without asking a hub; BadInput if nothing, with the nearest names."""
    reference = named(words)
    name, _, model = reference.partition(":")
    reads = ENCODERS.get(name).reads()
    if name not in OF_MODELS or is_folder(model):
        return Named(reference_of(encoder(reference, reads[0]).key), reads, here=True)
    needs = wanted(reference)[0].repository
    return Named(reference, reads, any(row.whole and row.name == needs for row in present(settings)))


def named(words: str) -> str:
    """ENCODER:MODEL for a folder, for a known model without its encoder, and for what is one already.

    Raises BadInput if it names no encoder, with the nearest known model.
    """
    given = words.strip()
    name = given.partition(":")[0]
    if name in ENCODERS.names():
        return given
    if is_folder(given):
        return _of_folder(Path(given).expanduser().absolute())
    known = [*(row.reference for row in suggestions()), *(f"{e}:{m}" for e, models in KNOWN.items() for m in models)]
    short = {reference.partition(":")[2]: reference for reference in known}
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


def _of_folder(folder: Path) -> str:
    if not folder.is_dir():
        raise BadInput(f"there is no folder '{folder}'; correct the path")
    name = encoder_for(folder)
    if not name:
        held = ", ".join(sorted(path.name for path in folder.iterdir())[:5]) or "nothing"
        raise BadInput(f"'{folder}' holds no model of open_clip, CLAP or sentence-transformers (it holds: {held})")
    return f"{name}:{'local-dir:' if name == 'open-clip' else ''}{folder}"


def _embedded(name: str) -> Offer:
    cls, folder, missing = ENCODERS.get(name), None, ""
    try:
        folder = next(iter(cls.folders()), None)
    except BadInput as error:
        missing = str(error)
    held = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder else 0
    return Offer(name, name, cls.reads(), cls.summary, held, cls.licence, folder, True, missing)


def _fetched(row: Present) -> Offer:
    name, _, model = row.reference.partition(":")
    reads = ENCODERS.get(name).reads() if row.reference else ()
    missing = "" if row.whole else "only part of it came; get it again, and it goes on where it ended"
    if row.whole and not row.reference:
        missing = "a part of other models, or of a kind that no encoder here reads"
    return Offer(row.reference, model or row.name, reads, row.name, row.bytes, row.licence, row.folder, False, missing)


def _over_frames(offer: Offer) -> Offer:
    reference = f"{_FRAMES}:{offer.reference}"
    summary = f"Frames of videos by {offer.name}, without the sound"
    return Offer(reference, offer.name, ("video",), summary, offer.bytes, offer.licence, offer.folder, False)


def expected_folder(reference: str, settings: Settings | None = None) -> Path:
    """Where a copy of that model of a hub is found without one; BadInput if it is no model of a hub."""
    return own_folder(settings) / wanted(reference)[0].repository

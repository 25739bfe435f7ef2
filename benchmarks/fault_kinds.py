"""Kinds of faults to plant: one small function each, which harms the media of some items of a collection."""

from __future__ import annotations

import math
import struct
import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from mmalign_core.types import Collection, Media, digest_bytes

Rng = np.random.Generator
Plant = Callable[[Collection, Sequence[str], Rng, Path], Collection]
"""(collection, items to harm, generator, folder for new files) -> the harmed collection."""

GENERIC = ("picture", "an image", "photo", "untitled", "thing", "something")
SHORT = ("a", "x", "the", "-", "1", "?")
FOREIGN = (
    "Valokuvassa näkyy jotakin hyvin kiinnostavaa",  # Finnish
    "Na té fotografii je něco velmi zajímavého",  # Czech
    "Bức ảnh này cho thấy một điều rất thú vị",  # Vietnamese
    "Bilden visar någonting mycket intressant",  # Swedish
    "ဓာတ်ပုံတစ်ပုံ ဖြစ်သည်",  # Burmese
    "ምስሉ አንድ ነገር ያሳያል",  # Amharic
    "រូបភាពនេះបង្ហាញអ្វីមួយ",  # Khmer
    "ეს სურათი რაღაცას აჩვენებს",  # Georgian
)
FILLER = "This sentence says nothing about what is seen or heard here. " * 200
"""Longer than any text encoder here reads."""
RATE, SECONDS = 16_000, 2
"""Samples a second and length of a planted sound: what yamnet reads, and more than one of its windows."""


@dataclass(frozen=True)
class Fault:
    """`modality`: what it harms; a collection without it is skipped. `cause`: the name of the cause to be found.

    `vectors`: whether it can be planted into ready-made vectors too.
    """

    name: str
    cause: str
    modality: str
    plant: Plant
    vectors: bool = False


def swapped(collection: Collection, items: Sequence[str], rng: Rng, folder: Path) -> Collection:
    """Each item gets the texts of the next of these items, as media or as vectors."""
    order = [items[at] for at in rng.permutation(len(items))]
    owner = dict(zip(order, [*order[1:], order[0]]))
    to = {given: item for item, given in owner.items()}
    moved = [replace(m, item=to.get(m.item, m.item)) if m.modality == "text" else m for m in collection.media]
    vectors = dict(collection.vectors)
    if "text" in vectors:
        vectors["text"] = replace(vectors["text"], ids=tuple(to.get(item, item) for item in vectors["text"].ids))
    return again(collection, moved, vectors)


def blank_picture(collection: Collection, items: Sequence[str], rng: Rng, folder: Path) -> Collection:
    """White, black and grey pictures and noise of one colour, of different sizes so that they are not one content."""
    return with_files(collection, "image", items, folder, ".jpg", lambda path, at: _blank(path, at, rng))


def silent_sound(collection: Collection, items: Sequence[str], rng: Rng, folder: Path) -> Collection:
    """Sounds without a sound."""
    return with_files(collection, "audio", items, folder, ".wav", lambda path, at: _silent(path, at))


def generic_text(collection: Collection, items: Sequence[str], rng: Rng, folder: Path) -> Collection:
    """Texts that could stand at anything, or hold one character."""
    return with_texts(collection, items, lambda text, at: str(rng.choice(GENERIC + SHORT)))


def foreign_text(collection: Collection, items: Sequence[str], rng: Rng, folder: Path) -> Collection:
    """Texts in other languages, which no embedded encoder reads."""
    return with_texts(collection, items, lambda text, at: FOREIGN[at % len(FOREIGN)])


def cut_off_text(collection: Collection, items: Sequence[str], rng: Rng, folder: Path) -> Collection:
    """Texts whose own words come after more than any encoder reads."""
    return with_texts(collection, items, lambda text, at: FILLER + text)


def unknown_concept(collection: Collection, items: Sequence[str], rng: Rng, folder: Path) -> Collection:
    """Pictures of noise, print, charts, blurs and patterns, which no classifier of things was trained on."""
    return with_files(collection, "image", items, folder, ".png", lambda path, at: _strange(path, at, rng))


def near_duplicate(collection: Collection, items: Sequence[str], rng: Rng, folder: Path) -> Collection:
    """Half of the items get the other half's texts with a full stop and a space: a second right answer."""
    texts = {m.item: m.text or "" for m in collection.media if m.modality == "text"}
    half = len(items) // 2
    twin = dict(zip(items[half:], items))
    return with_texts(collection, items[half:], lambda text, at: texts[twin[items[half + at]]].rstrip(".") + " .")


def hub(collection: Collection, items: Sequence[str], rng: Rng, folder: Path) -> Collection:
    """One text that lists what the others say, which crowds the answers."""
    texts = [m.text or "" for m in collection.media if m.modality == "text"]
    said = " ".join(str(text) for text in rng.choice(texts, min(len(texts), 12), replace=False))
    return with_texts(collection, items[:1], lambda text, at: said)


def removed(collection: Collection, items: Sequence[str], rng: Rng, folder: Path) -> Collection:
    """Items without their text."""
    gone = set(items)
    return again(collection, [m for m in collection.media if m.item not in gone or m.modality != "text"])


FAULTS = (
    Fault("swapped captions", "wrong_pair", "text", swapped, vectors=True),
    Fault("blank picture", "blank_picture", "image", blank_picture),
    Fault("silent sound", "silent_sound", "audio", silent_sound),
    Fault("generic or short text", "short_text", "text", generic_text),
    Fault("text in another language", "unread_language", "text", foreign_text),
    Fault("cut off text", "cut_off_text", "text", cut_off_text),
    Fault("near-duplicate", "second_right_answer", "text", near_duplicate),
    Fault("hub", "hub", "text", hub),
    Fault("unknown concept", "unknown_concept", "image", unknown_concept),
    Fault("modality removed", "missing_modality", "text", removed),
)


def again(collection: Collection, media: Sequence[Media], vectors: object = None) -> Collection:
    """The collection with other media, and a digest of its own."""
    kept = collection.vectors if vectors is None else vectors
    return replace(collection, media=tuple(media), vectors=kept, digest="")


def with_texts(collection: Collection, items: Sequence[str], said: Callable[[str, int], str]) -> Collection:
    """Every text of these items becomes what `said` makes of it and of the item's number."""
    number = {item: at for at, item in enumerate(items)}

    def changed(medium: Media) -> Media:
        if medium.modality != "text" or medium.item not in number:
            return medium
        text = said(medium.text or "", number[medium.item])
        return replace(medium, text=text, digest=digest_bytes(text.encode()))

    return again(collection, [changed(m) for m in collection.media])


def with_files(
    collection: Collection,
    modality: str,
    items: Sequence[str],
    folder: Path,
    suffix: str,
    write: Callable[[Path, int], None],
) -> Collection:
    """Every file of this modality of these items becomes one that `write` writes for the item's number."""
    folder.mkdir(parents=True, exist_ok=True)
    number = {item: at for at, item in enumerate(items)}

    def changed(medium: Media) -> Media:
        if medium.modality != modality or medium.item not in number:
            return medium
        path = folder / f"{number[medium.item]}{suffix}"
        write(path, number[medium.item])
        return replace(medium, path=str(path), digest=digest_bytes(path.read_bytes()))

    return again(collection, [changed(m) for m in collection.media])


def _blank(path: Path, number: int, rng: Rng) -> None:
    colour, noise = (((255,) * 3, 0), ((0,) * 3, 0), ((128,) * 3, 0), ((90, 30, 30), 6), ((20, 20, 30), 4))[number % 5]
    pixels = rng.normal(colour, noise, (200, 200 + number, 3))
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(path, quality=75)


def _strange(path: Path, number: int, rng: Rng) -> None:
    image = Image.new("RGB", (240, 240), "white")
    draw, kind = ImageDraw.Draw(image), number % 5
    if kind == 0:
        image = Image.fromarray(rng.integers(0, 256, (240, 240, 3)).astype(np.uint8))
    elif kind == 1:
        for top in range(10, 230, 14):
            draw.text((10, top), "".join(rng.choice([*"abcdefghij klmnop"], 36)), fill="black")
    elif kind == 2:
        for bar in range(8):
            colour = tuple(rng.integers(0, 255, 3).tolist())
            draw.rectangle((20 + 25 * bar, 220 - int(rng.integers(20, 180)), 38 + 25 * bar, 220), fill=colour)
    elif kind == 3:
        few = Image.fromarray(rng.integers(0, 256, (5, 5, 3)).astype(np.uint8))
        image = few.resize((240, 240), Image.Resampling.BICUBIC)
    else:
        squares = np.kron(rng.integers(0, 2, (24, 24)), np.full((10, 10), 255))
        image = Image.fromarray(squares.astype(np.uint8)).convert("RGB")
    image.save(path)


def _silent(path: Path, number: int) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        samples = RATE * SECONDS + number
        # The last bit only: what a recorder with nothing plugged in writes.
        file.writeframes(b"".join(struct.pack("<h", round(math.sin(at * at))) for at in range(samples)))

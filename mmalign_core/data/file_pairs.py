"""How files say that they belong together, where their names before the ending differ: by folders, words or endings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from mmalign_core.data.formats import modality_of
from mmalign_core.data.names import SPLIT_WORDS, is_about, shown

_SIDES = (".json", ".cls")
_WORD = re.compile(r"[-_. ]+")
_SHARE = 2
"""One in so many media of the rarer modality must find a partner; our choice: some files are always gone."""

Stems = Mapping[str, str]


def join_whole_names(stems: Stems) -> dict[str, str]:
    """The stems, where a text or a .json is called after the whole name of a medium: cat.jpg.txt is of cat.jpg."""
    found = dict(stems)
    for name in stems:
        medium = name.rsplit(".", 1)[0]
        if medium in stems and modality_of(medium) not in (None, "text") and _is_side(name):
            found[name] = stems[medium]
    return found


def keys_hold_dots(stems: Stems) -> bool:
    """Whether keys hold dots themselves: img.00.jpg and img.00.txt are one item of several, not files of 'img'."""
    last: dict[str, set[str]] = {}
    for name in stems:
        path = PurePosixPath(name)
        last.setdefault(path.with_suffix("").as_posix(), set()).add(path.suffix)
    kinds = {frozenset(endings) for endings in last.values()}
    keyed = all(any(c.isdigit() for c in stem.rsplit(".", 1)[-1]) for stem in last)
    return len(kinds) == 1 and len(next(iter(kinds))) > 1 and keyed and len(last) > len(set(stems.values()))


def pair_files(stems: Stems) -> tuple[dict[str, str], str]:
    """The stems by which media find partners, and the sentence that says so; as they are and '' where they do already.

    Tried where no two media of several modalities share a stem: folders of modalities under any names (pics/1.jpg,
    words/1.txt), words before or behind (1_image.jpg, 1_caption.txt), and one folder for each item.
    """
    media = {n: m for n in stems if not is_about(n) and (m := modality_of(n)) is not None}
    kinds = sorted(set(media.values()))
    folders = len({PurePosixPath(name).parent for name in stems})
    if _pairs(stems, media) or (len(kinds) < 2 and folders < 2):
        return dict(stems), ""
    for found, words in _ways(stems, media, kinds):
        own = {**stems, **found}
        count = _pairs(own, media) if len(kinds) > 1 else _described(own)
        rarer = min(len({own[n] for n in media if media[n] == kind}) for kind in kinds)
        if count and _SHARE * count >= rarer:
            first = next(iter(found))
            return dict(own), f"files belong together {words}, such as '{shown(first)}' to '{shown(own[first])}'"
    return dict(stems), ""


def _ways(stems: Stems, media: Mapping[str, str], kinds: Sequence[str]) -> Iterator[tuple[dict[str, str], str]]:
    if len(kinds) > 1:
        for place in range(max((name.count("/") for name in media), default=0)):
            if found := _without_folder(stems, media, place):
                yield found, "by their names below folders of one modality each"
        for place, side in ((-1, "behind"), (0, "before")):
            if found := _without_word(stems, media, kinds, place):
                yield found, f"by their names without the word {side} that says the modality"
    if found := _of_folders(stems, media, kinds):
        yield found, "by their folders, one for each item"


def _pairs(stems: Stems, media: Mapping[str, str]) -> int:
    """How many stems hold several modalities."""
    held: dict[str, set[str]] = {}
    for name, kind in media.items():
        held.setdefault(stems[name], set()).add(kind)
    return sum(len(found) > 1 for found in held.values())


def _described(stems: Stems) -> int:
    """How many stems hold a medium and a .json."""
    sides = {stem for name, stem in stems.items() if name.lower().endswith(_SIDES)}
    return len(sides & {stem for name, stem in stems.items() if modality_of(name)})


def _without_folder(stems: Stems, media: Mapping[str, str], place: int) -> dict[str, str]:
    """The stems of media without the folder at a place, where each folder there holds one modality; {} elsewhere."""
    told: dict[str, str] = {}
    for name, kind in media.items():
        parts = name.split("/")
        if len(parts) <= place + 1 or told.setdefault(parts[place], kind) != kind:
            return {}
    return {n: "/".join(p for at, p in enumerate(stems[n].split("/")) if at != place) for n in media}


def _without_word(stems: Stems, media: Mapping[str, str], kinds: Sequence[str], place: int) -> dict[str, str]:
    """The stems of media without their last or first word, where all of one modality have the same; {} elsewhere."""
    words: dict[str, set[str]] = {kind: set() for kind in kinds}
    for name, kind in media.items():
        parts = _WORD.split(PurePosixPath(stems[name]).name)
        words[kind].add(parts[place].lower() if len(parts) > 1 else "")
    one = {kind: next(iter(found)) for kind, found in words.items() if len(found) == 1}
    if len(one) < len(kinds) or len(set(one.values())) < len(kinds) or "" in one.values():
        return {}
    found: dict[str, str] = {}
    for name, kind in media.items():
        path, size = PurePosixPath(stems[name]), len(one[kind])
        bare = path.name[:-size] if place else path.name[size:]
        found[name] = (path.parent / bare.strip("-_. ")).as_posix()
    return found


def _of_folders(stems: Stems, media: Mapping[str, str], kinds: Sequence[str]) -> dict[str, str]:
    """The folder of each file as its stem, where each folder holds media and one text, sound or .json; {} elsewhere."""
    held: dict[str, list[str]] = {}
    for name in stems:
        if name in media or name.lower().endswith(_SIDES):
            held.setdefault(PurePosixPath(name).parent.as_posix(), []).append(name)
    held.pop(".", None)
    whole = [folder for folder, names in held.items() if _is_item(names, media)]
    split = any(PurePosixPath(folder).name.lower() in SPLIT_WORDS for folder in held)
    if len(whole) < 2 or len(whole) < len(held) or split:
        return {}
    return {name: folder for folder, names in held.items() for name in names}


def _is_item(names: Sequence[str], media: Mapping[str, str]) -> bool:
    kinds = [media.get(name, "json") for name in names]
    return len(set(kinds)) > 1 and any(kinds.count(kind) == 1 for kind in set(kinds))


def _is_side(name: str) -> bool:
    return modality_of(name) == "text" or name.lower().endswith(_SIDES)

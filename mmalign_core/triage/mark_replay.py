"""The current marks of a collection: a replay of all entries of the logs.

A log may hold a hundred thousand entries, so an entry becomes a `Mark` only where it counts.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from operator import itemgetter
from typing import Any, Generic, TypeVar

from mmalign_core.triage.marks import VERDICTS, Contents, Mark, MarkKind, contents_of
from mmalign_core.types import Collection

Entry = Mapping[str, Any]
"""A line of a log."""
Said = TypeVar("Said")
_KINDS = {kind.value: kind for kind in MarkKind}
_WORDS = ("item", "other", "modality", "note", "who", "when", "collection")
_CONTENTS = ("contents", "other_contents")
_words, _contents, _when = itemgetter("id", "kind", *_WORDS), itemgetter(*_CONTENTS), itemgetter("when")


def replay(entries: Iterable[Entry], collection: Collection) -> tuple[Mark, ...]:
    """The current marks of the collection, oldest first. Entries that are not as this version writes them are left out.

    A verdict replaces earlier verdicts on the same medium of the item, and one without a modality replaces all of
    them. Any other mark replaces the same one made earlier. What was undone does not count.
    """
    entries, contents = list(entries), contents_of(collection)
    undone = {str(entry.get("id")) for entry in entries if entry.get("op") == "undo"}
    ours = {
        entry["id"]: entry
        for entry in entries
        if _is_mark(entry) and entry["id"] not in undone and _concerns(entry, contents, collection.name)
    }
    standing = Standing[Entry]()
    for entry in sorted(ours.values(), key=_when):
        standing.add(_KINDS[entry["kind"]], entry["item"], entry["other"], entry["modality"], entry)
    kept = sorted(standing.counting(), key=_when)
    return tuple(_mark_of(entry, contents) for entry in kept)


class Standing(Generic[Said]):
    """What counts, as one mark after the other is added. None is looked at twice, however many there are."""

    def __init__(self) -> None:
        self._verdicts: dict[str, dict[str, Said]] = {}
        self._others: dict[Hashable, Said] = {}

    def add(self, kind: MarkKind, item: str, other: str, modality: str, said: Said) -> None:
        """Let this mark, kept as `said`, count, and no longer those that it replaces."""
        if kind not in VERDICTS:
            self._others[item, kind, other, modality] = said
            return
        verdicts = self._verdicts.setdefault(item, {})
        if modality:
            verdicts.pop("", None)
        else:
            verdicts.clear()
        verdicts[modality] = said

    def like(self, kind: MarkKind, item: str, other: str, modality: str) -> Said | None:
        """What is said of the same, which this mark would replace; None where there is nothing."""
        if kind in VERDICTS:
            return self._verdicts.get(item, {}).get(modality)
        return self._others.get((item, kind, other, modality))

    def counting(self) -> list[Said]:
        """All that counts, in no order."""
        return [*(said for held in self._verdicts.values() for said in held.values()), *self._others.values()]


def _is_mark(entry: Entry) -> bool:
    """Whether it is a mark as this version writes them."""
    if entry.get("op") != "mark":
        return False
    try:
        words, held = _words(entry), _contents(entry)
    except KeyError:
        return False
    if set(map(type, words)) != {str} or words[1] not in _KINDS or set(map(type, held)) != {dict}:
        return False
    return all(type(keys) is list for each in held for keys in each.values())


def _concerns(entry: Entry, contents: Mapping[str, Contents], name: str) -> bool:
    if entry["item"] not in contents or (entry["other"] and entry["other"] not in contents):
        return False
    if entry["collection"] == name:
        return True
    held = contents[entry["item"]]
    return any(key in held.get(modality, ()) for modality, keys in entry["contents"].items() for key in keys)


def _mark_of(entry: Entry, contents: Mapping[str, Contents]) -> Mark:
    """The mark of an entry; it is outdated where the content meant has changed since."""
    item, other, modality = entry["item"], entry["other"], entry["modality"]
    then, other_then = ({m: tuple(map(str, keys)) for m, keys in entry[name].items()} for name in _CONTENTS)
    outdated = _has_changed(then, contents[item], modality)
    outdated = outdated or (bool(other) and _has_changed(other_then, contents[other], modality))
    words = {word: entry[word] for word in _WORDS}
    return Mark(
        _KINDS[entry["kind"]], **words, contents=then, other_contents=other_then, id=entry["id"], outdated=outdated
    )


def _has_changed(was: Contents, now: Contents, modality: str) -> bool:
    """A modality that was added since does not count."""
    return was != now and any(keys != now.get(m, ()) for m, keys in was.items() if modality in ("", m))

"""The current marks of a collection: a replay of all entries of the logs.

A log may hold a hundred thousand entries. Each is dropped as soon as its mark is made, and a mark of content that has
not changed shares the digests of the collection: memory that is used again at once is most of the speed.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from operator import attrgetter, itemgetter
from typing import Any, Generic, TypeVar

from mmalign_core.triage.marks import VERDICTS, Contents, Mark, MarkKind, contents_of
from mmalign_core.types import Collection

Entry = Mapping[str, Any]
"""A line of a log."""
Said = TypeVar("Said")
_KINDS = {kind.value: kind for kind in MarkKind}
_words = itemgetter("op", "id", "kind", "item", "other", "modality", "note", "who", "when", "collection")
_contents, _when = itemgetter("contents", "other_contents"), attrgetter("when")
_NOTHING: Contents = {}


def replay(entries: Iterable[Entry], collection: Collection) -> tuple[Mark, ...]:
    """The current marks of the collection, oldest first. Entries that are not as this version writes them are left out.

    A verdict replaces earlier verdicts on the same medium of the item, and one without a modality replaces all of
    them. Any other mark replaces the same one made earlier. What was undone does not count.
    """
    contents, undone, ours = contents_of(collection), set[str](), dict[str, Mark]()
    for entry in entries:
        if entry.get("op") == "undo":
            undone.add(str(entry.get("id")))
        elif (mark := _mark_of(entry, contents, collection.name)) is not None:
            ours[mark.id] = mark
    standing = Standing[Mark]()
    for mark in sorted((mark for id, mark in ours.items() if id not in undone), key=_when):
        standing.add(mark.kind, mark.item, mark.other, mark.modality, mark)
    return tuple(sorted(standing.counting(), key=_when))


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
        verdicts = self._verdicts.get(item)
        if verdicts is None:
            self._verdicts[item] = {modality: said}
            return
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


def _mark_of(entry: Entry, contents: Mapping[str, Contents], collection: str) -> Mark | None:
    """The mark of an entry as this version writes them, outdated where the content meant has changed since.

    None for any other entry, and for one that does not concern the collection of that name with these contents.
    """
    try:
        words, (was, other_was) = _words(entry), _contents(entry)
        "".join(words)  # raises where one of them is no text
        _, id, kind, item, other, modality, note, who, when, where = words
        now, other_now = contents[item], contents[other] if other else _NOTHING
        meant, then, other_then = _KINDS[kind], _held_then(was, now), _held_then(other_was, other_now)
    except (KeyError, TypeError, AttributeError):
        return None
    if words[0] != "mark" or (words[-1] != collection and not _shares(then, now)):
        return None
    outdated = _has_changed(then, now, modality) or _has_changed(other_then, other_now, modality)
    return Mark(meant, item, other, modality, note, who, when, where, then, other_then, id, outdated)


def _held_then(was: Mapping[str, list[str]], now: Contents) -> Contents:
    """What an entry says of an item's content; `now` itself where it is the same. TypeError where it is none."""
    then = {modality: tuple(keys) for modality, keys in was.items()}
    if then == now:
        return now
    if {type(keys) for keys in was.values()} - {list}:
        raise TypeError("digests are lists")
    return {modality: tuple(map(str, keys)) for modality, keys in was.items()}


def _shares(then: Contents, now: Contents) -> bool:
    """Whether any content of then is there now."""
    return any(key in now.get(modality, ()) for modality, keys in then.items() for key in keys)


def _has_changed(was: Contents, now: Contents, modality: str) -> bool:
    """A modality that was added since does not count."""
    return was is not now and any(keys != now.get(m, ()) for m, keys in was.items() if modality in ("", m))

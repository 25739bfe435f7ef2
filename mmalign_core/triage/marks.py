"""Marks: what people say of items and pairs, as they are made and kept.

A mark belongs to the data. It holds the id of its item and the digests of the item's content at that time, by modality.
It concerns every collection that holds an item of that id with any of that content, whatever the collection is called,
and those of the same name that hold an item of that id. So it survives a moved, renamed or partly changed collection,
and never speaks of another collection's item "1". Where the content has changed since, the mark is outdated: it is
shown, and no repair follows it.
"""

from __future__ import annotations

import uuid
from collections.abc import Hashable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from mmalign_core.data.names import shown
from mmalign_core.types import BadInput, Collection
from mmalign_core.types.identity import find_id
from mmalign_core.types.strings import Strings
from mmalign_core.wording import say, say_list, say_word

Contents = Mapping[str, tuple[str, ...]]
"""Modality -> digests of what one item holds of it, sorted."""


class MarkKind(StrEnum):
    """What a mark says. RIGHT, WRONG_PAIR and AMBIGUOUS are verdicts on the pair: the latest one counts.

    ALSO_RIGHT: the other item's medium is a second right answer. BAD_FILE: a medium of the item is of no use.
    """

    RIGHT = "right"
    WRONG_PAIR = "wrong_pair"
    ALSO_RIGHT = "also_right"
    BAD_FILE = "bad_file"
    AMBIGUOUS = "ambiguous"


VERDICTS = frozenset({MarkKind.RIGHT, MarkKind.WRONG_PAIR, MarkKind.AMBIGUOUS})
_WITH_OTHER = frozenset({MarkKind.WRONG_PAIR, MarkKind.ALSO_RIGHT})


@dataclass(frozen=True)
class Mark:
    """One mark of `item`. `other`: the second right answer, or whose medium belongs in place of a wrong one; else ''.

    `modality`: which medium is meant, '' for the answer's side of whatever pair is aligned. `when`: UTC in ISO 8601.
    `collection`: its name at that time; `contents` and `other_contents`: digests of both items' media at that time.
    `outdated`: these have changed since.
    """

    kind: MarkKind
    item: str
    other: str = ""
    modality: str = ""
    note: str = ""
    who: str = ""
    when: str = ""
    collection: str = ""
    contents: Contents = field(default_factory=dict)
    other_contents: Contents = field(default_factory=dict)
    id: str = ""
    outdated: bool = False

    def entry(self) -> dict[str, Any]:
        """The mark as the log holds it."""
        kept = asdict(self)
        del kept["outdated"]
        return {"op": "mark", **kept, "kind": self.kind.value}

    def report(self) -> dict[str, Any]:
        """The mark as `marks --json` prints it."""
        shown = ("id", "item", "kind", "other", "modality", "note", "who", "when", "outdated")
        return {name: getattr(self, name) for name in shown} | {"kind": self.kind.value}


def parse_kind(text: str) -> MarkKind:
    """The kind in any case, with spaces or hyphens for underscores; BadInput lists the kinds."""
    word = "_".join(text.strip().lower().replace("-", " ").replace("_", " ").split())
    if word not in [kind.value for kind in MarkKind]:
        raise BadInput(
            say("'{shown}' is no kind of mark; use one of: {kinds}", shown=shown(text), kinds=say_list(MarkKind))
        )
    return MarkKind(word)


def parse_moment(text: str) -> str:
    """The moment as UTC in ISO 8601, from ISO 8601; one without a zone is UTC. BadInput for anything else."""
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    except (ValueError, OverflowError) as error:  # the latter near the years 1 and 9999
        raise BadInput(
            say("'{shown}' is no moment; write it as 2024-05-31T14:00:00+00:00", shown=shown(text))
        ) from error


def contents_of(collection: Collection) -> dict[str, Contents]:
    """Item -> modality -> digests of its media, or the keys of its given vectors where it has no media of that kind."""
    table, held = collection.table, dict[str, dict[str, tuple[str, ...]]]()
    for modality in table.counts:
        media = table.of_modality(modality)
        held[modality] = _by_item(media.items, media.digests)
    for modality, rows in collection.vectors.items():
        held[modality] = _by_item(Strings.of(rows.ids), Strings.of(rows.keys)) | held.get(modality, {})
    found: dict[str, dict[str, tuple[str, ...]]] = {item: {} for item in collection.ids}
    for modality, own in held.items():
        for item, digests in own.items():
            found.setdefault(item, {})[modality] = digests
    return dict(found)


def _by_item(items: Strings, digests: Strings) -> dict[str, tuple[str, ...]]:
    """Item -> its distinct digests, sorted."""
    found: dict[str, tuple[str, ...]] = dict(zip(items, zip(digests)))
    if len(found) < len(items):
        several: dict[str, set[str]] = {}
        for item, digest in zip(items, digests):
            several.setdefault(item, set()).add(digest)
        found = {item: tuple(sorted(own)) for item, own in several.items()}
    return found


def new_mark(collection: Collection, contents: Mapping[str, Contents], mark: Mark) -> Mark:
    """The mark with an id, the collection's name and both items' contents; `contents`: of `contents_of(collection)`.

    A bad file without a modality is the item's only medium that is no text, if there is one. BadInput where the mark
    does not fit the collection.
    """
    meant = {name: find_id(id, contents) or id for name in ("item", "other") if (id := getattr(mark, name))}
    mark = replace(mark, **meant)
    _check_items(mark, contents, collection.name)
    modality = mark.modality or (_only_file(mark, contents[mark.item]) if mark.kind is MarkKind.BAD_FILE else "")
    if modality:
        holder = mark.other if mark.kind is MarkKind.ALSO_RIGHT else mark.item
        if modality not in contents[holder]:
            has = ", ".join(contents[holder]) or "nothing"
            raise BadInput(
                say(
                    "the item '{holder}' holds no {modality}; it holds: {has}",
                    holder=holder,
                    modality=say_word(modality),
                    has=has,
                )
            )
    kept = {"contents": contents[mark.item], "other_contents": contents[mark.other] if mark.other else {}}
    return replace(mark, modality=modality, collection=collection.name, id=uuid.uuid4().hex, outdated=False, **kept)


def undo_entry(mark: Mark, who: str, when: str) -> dict[str, Any]:
    """The entry that takes this mark back; earlier marks that it had replaced count again."""
    return {"op": "undo", "id": mark.id, "who": who, "when": when}


def statement(mark: Mark) -> Hashable:
    """What the mark says of which content, whoever said it and when: equal marks need not be kept twice."""
    held = tuple(tuple(sorted(contents.items())) for contents in (mark.contents, mark.other_contents))
    return mark.kind, mark.item, mark.other, mark.modality, mark.note, held


def _check_items(mark: Mark, contents: Mapping[str, Contents], name: str) -> None:
    if not mark.item:
        raise BadInput(say("no item is named; give its id"))
    if mark.kind is MarkKind.ALSO_RIGHT and not mark.other:
        raise BadInput(say("also_right needs the other item, whose medium is a second right answer"))
    if mark.other and mark.kind not in _WITH_OTHER:
        raise BadInput(say("{kind} is said of one item; leave the other item out", kind=mark.kind))
    if mark.other == mark.item:
        raise BadInput(say("'{item}' is given as its own other item; name another one", item=mark.item))
    for item in filter(None, (mark.item, mark.other)):
        if item not in contents:
            raise BadInput(say("'{name}' holds no item '{shown}'; correct the id", name=name, shown=shown(item)))


def _only_file(mark: Mark, held: Contents) -> str:
    files = [modality for modality in held if modality != "text"] or list(held)
    if len(files) != 1:
        raise BadInput(
            say(
                "'{item}' holds {files}; say by the modality which one is bad",
                item=mark.item,
                files=" and ".join(files) or "nothing",
            )
        )
    return files[0]

"""Changes that repair a collection: media left out, re-paired or taken over, as marks or suspicion say."""

from __future__ import annotations

from collections.abc import Collection as Container
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from mmalign_core.triage.marks import Mark, MarkKind
from mmalign_core.types import Collection, EmbeddingSet, Media, Skipped
from mmalign_core.wording import say, say_word

SUGGESTED = "suggested"
"""Why a pair is dropped that no person has marked."""
_WRONG = frozenset({MarkKind.WRONG_PAIR, MarkKind.BAD_FILE})


class Action(StrEnum):
    """DROP: the item loses its media of that modality. REPLACE: it gets the other item's instead. ADD: it gets them
    beside its own."""

    DROP = "drop"
    REPLACE = "replace"
    ADD = "add"


@dataclass(frozen=True)
class Change:
    """One change of the media of `item` in one `modality`. `other`: whose media it gets, '' for DROP.

    `because`: the kind of the mark, or SUGGESTED; `mark`: its id. `suspicion` (0..1): None unless suggested. `note`:
    why it differs from what the mark asks for.
    """

    item: str
    modality: str
    action: Action
    other: str = ""
    because: str = SUGGESTED
    mark: str = ""
    suspicion: float | None = None
    note: str = ""

    def report(self) -> dict[str, Any]:
        """The change as `repair --json` lists it."""
        return {
            "id": self.item,
            "modality": self.modality,
            "action": self.action.value,
            "other": self.other,
            "because": self.because,
            "suspicion": None if self.suspicion is None else round(self.suspicion, 4),
            "note": self.note,
        }


def changes_of_marks(marks: Iterable[Mark], pair: tuple[str, str]) -> tuple[Change, ...]:
    """What the marks ask for in an alignment of this pair; a mark without a modality means the pair's second one.

    A wrong pair is dropped, or re-paired where its mark names the other item. A bad file is dropped. The other item of
    a second right answer lends its medium. Outdated marks, other verdicts, and verdicts on modalities outside of the
    pair ask for nothing. A bad file is lent to nobody.
    """
    found = []
    for mark in marks:
        modality = mark.modality or pair[1]
        if mark.outdated or (modality not in pair and mark.kind is not MarkKind.BAD_FILE):
            continue
        if mark.kind in _WRONG:
            action = Action.REPLACE if mark.other else Action.DROP
        elif mark.kind is MarkKind.ALSO_RIGHT:
            action = Action.ADD
        else:
            continue
        found.append(Change(mark.item, modality, action, mark.other, mark.kind.value, mark.id))
    bad = {(change.item, change.modality) for change in found if change.because == MarkKind.BAD_FILE.value}
    return tuple(lent for change in found if (lent := _without_bad_loan(change, bad)) is not None)


def held_out_changes(changes: Iterable[Change], test: Container[str]) -> tuple[Change, ...]:
    """What is changed among the held-out items before either fit is measured on them.

    A pair that is marked wrong is dropped, also where its mark names a better one: it is not measured. A second right
    answer counts where the other item is held out too.
    """
    found = []
    for change in changes:
        if change.item not in test:
            continue
        if change.action is Action.ADD:
            found += [change] if change.other in test else []
        else:
            found.append(replace(change, action=Action.DROP, other=""))
    return tuple(found)


def training_changes(changes: Iterable[Change], train: Container[str]) -> tuple[Change, ...]:
    """What is changed among the items of the fit: nothing of a held-out item is lent to them."""
    found = []
    for change in changes:
        if change.item not in train:
            continue
        if change.action is Action.DROP or change.other in train:
            found.append(change)
        elif change.action is Action.REPLACE:
            note = say(
                "'{other}' is held out, so its {modality} cannot be learned from",
                other=change.other,
                modality=say_word(change.modality),
            )
            found.append(replace(change, action=Action.DROP, other="", note=note))
    return tuple(found)


def changes_within_folds(changes: Iterable[Change], folds: Sequence[Container[str]]) -> tuple[Change, ...]:
    """The changes where each of the `folds` is held out once: what it lends to another would be learned from there.

    Nothing is lent from one fold to another: a pair is dropped instead of re-paired, and gets no second right answer.
    """
    if len(folds) < 2:
        return tuple(changes)
    found = []
    for change in changes:
        if not change.other or any(change.item in fold and change.other in fold for fold in folds):
            found.append(change)
        elif change.action is Action.REPLACE:
            note = say(
                "'{other}' is in another fold, so its {modality} cannot be learned from",
                other=change.other,
                modality=say_word(change.modality),
            )
            found.append(replace(change, action=Action.DROP, other="", note=note))
    return tuple(found)


def most_suspected(suspicion: Mapping[str, float], most: int, kept: Container[str] = ()) -> tuple[str, ...]:
    """The `most` suspected items, the most suspected first, equal ones by item; none of `kept`."""
    order = sorted((item for item in suspicion if item not in kept), key=lambda item: (-suspicion[item], item))
    return tuple(order[:most])


def suggested_changes(
    suspects: Sequence[str],
    suspicion: Mapping[str, float],
    modality: str,
    partners: Mapping[str, str] | None = None,
    kept: Container[str] = (),
) -> tuple[Change, ...]:
    """What is done to each suspect: it gets the medium of its partner, is dropped, or, of `kept`, stays as it is."""
    found, partners = [], partners or {}
    for item in suspects:
        other = partners.get(item, "")
        if other:
            note = say(
                "re-paired: out of fold it agrees better with the {modality} of '{other}'",
                modality=say_word(modality),
                other=other,
            )
            found.append(Change(item, modality, Action.REPLACE, other, suspicion=suspicion[item], note=note))
        elif item not in kept:
            note = say("dropped: out of fold both media agree better with those of other items")
            found.append(Change(item, modality, Action.DROP, suspicion=suspicion[item], note=note))
    return tuple(found)


def changed_sets(sets: Mapping[str, EmbeddingSet], changes: Sequence[Change]) -> dict[str, EmbeddingSet]:
    """The sets after the changes. Rows that are not changed keep their order."""
    return {
        modality: _changed_set(rows, [c for c in changes if c.modality == modality]) for modality, rows in sets.items()
    }


def changed_collection(collection: Collection, changes: Sequence[Change]) -> Collection:
    """The collection after the changes; what was dropped is among its skipped media."""
    media: list[Media] = []
    for modality in dict.fromkeys(medium.modality for medium in collection.media):
        held, own = collection.media_of(modality), [c for c in changes if c.modality == modality]
        owners, digests = [medium.item for medium in held], [medium.digest for medium in held]
        media += [replace(held[row], item=item) for row, item in _changed_rows(owners, digests, own)]
    places = {item: place for place, item in enumerate(collection.ids)}
    media.sort(key=lambda medium: places[medium.item])
    gone = [c for c in changes if c.action is not Action.ADD]
    left = tuple(
        Skipped(c.item, c.modality, say("the repair took it out ({because})", because=c.because)) for c in gone
    )
    return replace(
        collection,
        media=tuple(media),
        vectors=changed_sets(collection.vectors, changes),
        skipped=(*collection.skipped, *left),
        digest="",
    )


def _without_bad_loan(change: Change, bad: Container[tuple[str, str]]) -> Change | None:
    if (change.other, change.modality) not in bad:
        return change
    if change.action is Action.ADD:
        return None
    return replace(
        change,
        action=Action.DROP,
        other="",
        note=say("the {modality} of '{other}' is a bad file", modality=change.modality, other=change.other),
    )


def _changed_set(rows: EmbeddingSet, changes: Sequence[Change]) -> EmbeddingSet:
    if not changes:
        return rows
    kept = _changed_rows(rows.ids, rows.keys, changes)
    taken = rows.take([row for row, _ in kept])
    return replace(taken, ids=tuple(item for _, item in kept))


def _changed_rows(items: Sequence[str], keys: Sequence[str], changes: Sequence[Change]) -> list[tuple[int, str]]:
    """(row, owner) of each row after the changes; a lent row stands where the rows of its new owner stood."""
    owned: dict[str, list[int]] = {}
    for row, item in enumerate(items):
        owned.setdefault(item, []).append(row)
    gone = {change.item for change in changes if change.action is not Action.ADD}
    kept = [(row, row, item) for row, item in enumerate(items) if item not in gone]
    held = {(item, keys[row]) for _, row, item in kept}
    for change in changes:
        for row in owned.get(change.other, ()) if change.other else ():
            if (change.item, keys[row]) not in held:
                held.add((change.item, keys[row]))
                kept.append((owned.get(change.item, [len(items)])[-1], row, change.item))
    return [(row, item) for _, row, item in sorted(kept, key=lambda place: place[0])]

"""One text, picture or sound of a run, by modality and item: its place, and its medium if there is one."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from mmalign_core.data.names import shown
from mmalign_core.types import BadInput, Media
from mmalign_core.types.identity import find_id
from mmalign_core.vectors import unit_rows
from mmalign_core.wording import say, say_list, say_word
from mmalign_core.workflow.alignment.run import Run

_NUMBERED = re.compile(r"(.+)#([1-9]\d{0,8})")


@dataclass(frozen=True)
class PlacedMedium:
    """`number` (from 1) of the item's `count` rows in this modality. `place` (k,): of unit length, or zero. `medium` is
    None if the vector was given ready-made."""

    modality: str
    item: str
    number: int
    count: int
    place: np.ndarray
    medium: Media | None

    @property
    def name(self) -> str:
        """The name on the command line: modality:ID, with #n if the item has several."""
        return f"{self.modality}:{self.item}" + (f"#{self.number}" if self.count > 1 else "")


def placed_medium(run: Run, modality: str, name: str) -> PlacedMedium:
    """Return the item's first row of that modality, or the second for the `name` "ID#2". BadInput lists alternatives.

    If an item's id is "ID#2" itself, that item is used.
    """
    same = find_id(name, run.collection.ids)
    numbered = None if same is not None else _NUMBERED.fullmatch(name)
    item, number = (numbered[1], int(numbered[2])) if numbered else (same or name, 1)
    item = find_id(item, run.collection.ids) or item
    found = placed_media(run, modality, item)
    if number > len(found):
        raise BadInput(
            say(
                "item '{name}' has {n} of {modality}, so there is no #{number}",
                name=shown(item),
                n=len(found),
                modality=say_word(modality),
                number=number,
            )
        )
    return found[number - 1]


def placed_media(run: Run, modality: str, item: str) -> tuple[PlacedMedium, ...]:
    """Return all rows of the item in that modality, at least one. BadInput lists alternatives."""
    if modality not in run.result.space:
        raise BadInput(
            say("this run holds no {name}; it holds: {space}", name=shown(modality), space=say_list(run.result.space))
        )
    space = run.result.space[modality]
    rows = [row for row, owner in enumerate(space.ids) if owner == item]
    if not rows:
        raise BadInput(_absent(run, modality, item))
    own = {m.digest: m for m in run.collection.media if m.modality == modality and m.item == item}
    places = unit_rows(space.vectors[rows])
    return tuple(
        PlacedMedium(modality, item, i + 1, len(rows), places[i], own.get(space.keys[row]))
        for i, row in enumerate(rows)
    )


def _absent(run: Run, modality: str, item: str) -> str:
    has = [m for m, rows in run.result.space.items() if item in rows.ids]
    if has:
        return say(
            "item '{name}' has no {modality} in this run; it has: {has}",
            name=shown(item),
            modality=say_word(modality),
            has=say_list(has),
        )
    if item in run.collection.items.index:
        return say("item '{name}' has no place in this run", name=shown(item))
    ids = run.collection.ids
    return say(
        "no item '{name}' in this run; it holds {n} items, such as '{example}'",
        name=shown(item),
        n=len(ids),
        example=shown(ids[0]),
    )

"""Texts that a model made: items whose metadata column text_by names one. They count in measures only when asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mmalign_core.splits import Split
from mmalign_core.types import Collection
from mmalign_core.types.strings import Strings
from mmalign_core.workflow.alignment.choices import Choices

TEXT_BY = "text_by"
"""The metadata column that names the model that made an item's text; empty for texts of people."""
_NONE_OF_PEOPLE = "every text was made by a model, and none of them is measured unless asked (--model-texts)"


def items_with_model_texts(collection: Collection) -> tuple[str, ...]:
    """The items whose text a model made."""
    if TEXT_BY not in collection.items.columns:
        return ()
    stated = collection.items[TEXT_BY].dropna()
    return tuple(str(item) for item, maker in stated.items() if str(maker).strip())


def text_maker(collection: Collection, item: str) -> str:
    """The model that made the item's text; '' for a text of a person."""
    if TEXT_BY not in collection.items.columns:
        return ""
    stated = collection.items[TEXT_BY].get(item)
    return stated.strip() if isinstance(stated, str) else ""


def without_model_texts(
    parts: Sequence[Split], words: str, paired: Strings, collection: Collection, choices: Choices
) -> tuple[tuple[Split, ...], str, str]:
    """The splits with those items not measured, the words of how they were made, and why nothing is measured, else ''.

    Parts that keep none of the `paired` items to measure go. Nothing changes without texts, or when asked.
    """
    made = () if choices.model_texts or "text" not in choices.pair else items_with_model_texts(collection)
    if not made:
        return tuple(parts), words, ""
    kept, dropped = [], 0
    for part in parts:
        test = Strings.of(part.test)
        stays = ~test.among(made)
        dropped += int(np.count_nonzero(~stays))
        kept.append(replace(part, test=test.take(np.flatnonzero(stays))))
    if not dropped:
        return tuple(parts), words, ""
    words += f"; {dropped:,} items whose text a model made are not measured"
    measured = tuple(part for part in kept if paired.among(part.test).any())
    return measured or tuple(kept), words, "" if measured else _NONE_OF_PEOPLE

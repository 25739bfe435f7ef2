"""Texts inside objects: captions that come as {"text": …}, or as a list of such objects, one for each caption."""

from __future__ import annotations

from typing import Any

from mmalign_core.data.tabular.cells import Cells, as_list

TEXT_KEYS = ("text", "caption", "raw", "raw_caption", "sentence", "description")
"""Names under which published data sets keep the text of such an object, the most likely first."""
_SPEAKERS, _ANSWERING = ("from", "role"), ("gpt", "assistant", "model", "bot", "chatgpt")
"""Who says a turn of a conversation, as LLaVA and chat messages write it: what the model says describes the picture."""
_MOST = 1000
"""Objects of one cell that are looked at; our choice: no picture has more captions."""


def said_in(value: Any) -> list[str]:
    """The texts in an object, or in each of a list of objects; [] if it is none, or says nothing."""
    entries = value[:_MOST] if isinstance(value, list | tuple) else [value]
    if not all(isinstance(entry, dict) for entry in entries):
        return []
    return [text for entry in entries for text in _texts(entry)]


def said_cells(cells: Cells) -> Cells:
    """The cells of a column of texts, where some are objects: each as the list of its texts."""
    return [said_in(value) if _is_object(value) else value for value in as_list(cells)]


def holds_objects(values: Any) -> bool:
    """Whether one of the values is such an object or a list of them."""
    return any(map(_is_object, values))


def _is_object(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list | tuple) and bool(value) and isinstance(value[0], dict))


def _texts(entry: dict[str, Any]) -> list[str]:
    if any(key in entry for key in _SPEAKERS):
        spoken = entry.get("value", entry.get("content"))
        answers = str(next(entry[key] for key in _SPEAKERS if key in entry)).lower() in _ANSWERING
        return [spoken] if answers and isinstance(spoken, str) and spoken.strip() else []
    for key in TEXT_KEYS:
        held = entry.get(key)
        if isinstance(held, str):
            return [held]
        if isinstance(held, list) and held and all(isinstance(one, str) for one in held):
            return held
    return []

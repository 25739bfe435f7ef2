"""Causes in words: each with the evidence that a person can check."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from mmalign_core.plots import cut_text
from mmalign_core.types import Collection
from mmalign_core.workflow import Cause
from pages._components import errors
from pages._components.media import previews

Evidence = Mapping[str, Any]


def show(collection: Collection, found: tuple[Cause, ...]) -> None:
    """Draw one line for each cause, likeliest first."""
    for cause in found:
        name = f"**{errors.plain(words_of(cause.name).capitalize())}**"
        st.markdown(
            f":material/search: {name}: {errors.plain(sentence(collection, cause))} "
            f":small[:gray[confidence {cause.confidence:.2f}]]"
        )


def words_of(name: str) -> str:
    """The name of a cause as words."""
    return name.replace("_", " ")


def sentence(collection: Collection, cause: Cause) -> str:
    """The evidence of a cause as a sentence; kinds without a sentence of their own list it."""
    told = _SENTENCES.get(cause.name)
    try:
        return told(collection, cause.evidence) if told else _listed(cause.evidence)
    except (KeyError, TypeError):  # evidence of another version of the finder
        return _listed(cause.evidence)


def _listed(evidence: Evidence) -> str:
    return "; ".join(f"{words_of(name)} {_value(value)}" for name, value in evidence.items()) + "."


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{words_of(str(name))} {_value(inner)}" for name, inner in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_value, value))
    return f"{value:.3g}" if isinstance(value, float) else cut_text(str(value), 200)


def _hub(collection: Collection, evidence: Evidence) -> str:
    return (
        f"“{_title(collection, evidence['candidate'])}” is chosen by {evidence['k']:,} of {evidence['n']:,} queries, "
        f"by {evidence['wrong']:,} of them wrongly; {evidence['expected']:.1f} are expected where each query chooses "
        f"at random."
    )


def _second_right_answer(collection: Collection, evidence: Evidence) -> str:
    alike = f"the {evidence['modality']} of “{_title(collection, evidence['chosen'])}” and that of "
    alike += f"“{_title(collection, evidence['right'])}” are alike by {evidence['by']}"
    if "texts" in evidence:
        alike += ": " + " / ".join(f"“{cut_text(text, 120)}”" for text in evidence["texts"])
    if "cosine" in evidence:
        alike += f" (cosine {evidence['cosine']:.2f})"
    return alike[:1].upper() + alike[1:] + "."


def _missing_modality(collection: Collection, evidence: Evidence) -> str:
    name = _title(collection, evidence["id"])
    if "reason" in evidence:
        return f"The {evidence['modality']} of “{name}” was skipped: {evidence['reason']}."
    return (
        f"The chosen candidate belongs to “{name}”, which holds no {evidence['modality']}, as {evidence['without']:,} "
        f"of {evidence['n']:,} candidates do."
    )


def _wrong_pair(collection: Collection, evidence: Evidence) -> str:
    told = []
    for modality, items in evidence["agrees_better_with"].items():
        named = ", ".join(f"“{_title(collection, item)}”" for item in items)
        told.append(f"its {modality} agrees better with {named}")
    words = " and ".join(told) + " than with its own partner"
    return (
        f"{words[:1].upper()}{words[1:]}, by scores of fits that never saw this pair. It is more suspected than "
        f"{evidence['percentile']:.0%} of {evidence['n']:,} pairs."
    )


def _title(collection: Collection, item: str) -> str:
    return previews.title(collection, item, 60) if item in collection.items.index else item


_SENTENCES: Mapping[str, Callable[[Collection, Evidence], str]] = {
    "hub": _hub,
    "second_right_answer": _second_right_answer,
    "missing_modality": _missing_modality,
    "wrong_pair": _wrong_pair,
}

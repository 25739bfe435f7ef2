"""Use case: items of one modality alone, where nothing is to align, placed where their encoder puts them."""

from __future__ import annotations

from mmalign_core.store import new_run_id
from mmalign_core.types import AlignmentResult, BadInput, Collection
from mmalign_core.workflow.alignment.aligning import Run
from mmalign_core.workflow.alignment.choices import Choices
from mmalign_core.workflow.alignment.preparing import place
from mmalign_core.workflow.encode import Encoding


def as_encoded(collection: Collection, encoding: Encoding) -> Run:
    """A run of the modality that most items have, as encoded: it can be asked and explained as any other.

    Nothing was aligned, so nothing about pairs is measured: its report is empty. BadInput if there is nothing to place.
    """
    held = {modality: rows for modality, rows in encoding.sets.items() if len(rows)}
    if not held:
        raise BadInput(f"'{collection.name}' holds no usable text, picture or sound; see the report on the Data page")
    modality = max(held, key=lambda name: len(set(held[name].ids)))
    rows = held[modality]
    choices = Choices(pair=(modality, modality), aligner="as-is")
    fitted = choices.new_aligner().fit({modality: rows})
    space = {modality: place(fitted, rows)}
    result = AlignmentResult(fitted.name, fitted.family(), fitted.params, choices.seed, space, (), 0.0, False)
    return Run(new_run_id(fitted.name), collection, {modality: rows.encoder}, fitted, result, choices, {})

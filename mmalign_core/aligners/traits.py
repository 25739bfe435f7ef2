"""What an aligner declares of itself: its card, what it needs of the data, and its family."""

from __future__ import annotations

from typing import Any, ClassVar

from mmalign_core.aligners.card import Card
from mmalign_core.types import MODALITIES

OWN_FAMILY = "own"
"""The family of an aligner defined outside this package that names no family."""


class AlignerTraits:
    """Class attributes that menus, plans and the contract tests read. A subclass sets those that differ."""

    name: ClassVar[str]
    summary: ClassVar[str]
    card: ClassVar[Card]
    """Idea, formula, use and reference, shown to people who choose an aligner."""
    modalities: ClassVar[tuple[str, ...]] = MODALITIES
    needs_pairs: ClassVar[bool] = True
    """Whether it learns from items that have both modalities."""
    needs_concepts: ClassVar[bool] = False
    """Whether it requires `EmbeddingSet.concepts` with label vectors."""
    reads_concepts: ClassVar[bool] = False
    """Whether it uses concepts if the sets have them."""
    needs_sequences: ClassVar[bool] = False
    """Whether it requires `EmbeddingSet.sequences` (tokens, cells or frames)."""
    needs_pivots: ClassVar[bool] = False
    """Whether it requires `EmbeddingSet.pivots`: the same texts, encoded in the space of every set."""
    multiway: ClassVar[bool] = False
    """Whether it learns from three or more modalities at once. Items may lack some of them."""
    label_template: str = "a {}"
    """Template that turns a concept's name, {}, into a sentence for the text encoder."""
    own_texts: int = 0
    """The largest number of distinct texts of the collection used as pivots."""
    vocabulary: bool = True
    """Whether the names of visible and audible things (ImageNet, AudioSet) are used as pivots too."""
    trained: ClassVar[bool] = False
    """Whether it is trained in steps, which its history records."""
    begins_at: ClassVar[str] = ""
    """The aligner whose maps its training begins at, and which it equals if the training does not help; "" for none."""
    towers_a_modality: ClassVar[int] = 1
    """Networks as wide as the vectors that are trained for each modality; its memory is estimated by them."""
    spans_rows: ClassVar[bool] = False
    """Whether it learns from the coordinates of few and wide rows in their span."""
    transductive: ClassVar[bool] = False
    """Whether it can place only the rows of the fit. Other rows raise BadInput."""
    family_name: ClassVar[str] = ""
    """Its family. '': the name of its folder, or OWN_FAMILY outside this package."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "name" not in vars(cls):
            cls.name = cls.__name__
        if not cls.__module__.startswith("mmalign_core.") and not hasattr(cls, "card"):
            idea = (cls.__doc__ or "An aligner of your own.").strip().partition("\n")[0]
            cls.card = Card(idea, "f_m(x)", "As its author says.", f"{cls.__module__}.{cls.__qualname__}")

    @classmethod
    def family(cls) -> str:
        """Return `family_name` if set, else the name of the aligner's folder, or OWN_FAMILY outside this package."""
        inside = cls.__module__.startswith("mmalign_core.aligners.")
        return cls.family_name or (cls.__module__.split(".")[2] if inside else OWN_FAMILY)

"""The card of an aligner: what a person reads before choosing it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    """`idea` in two sentences, `formula` as LaTeX without dollar signs, when to `use` it, and the `reference`.

    What the aligner needs is not written here: it follows from what its class declares.
    """

    idea: str
    formula: str
    use: str
    reference: str

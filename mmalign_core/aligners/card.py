"""The card of an aligner: a short description for people who choose one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    """`idea` in two sentences, `formula` as LaTeX without dollar signs, when to `use` it, and the `reference`.

    The needs of the aligner are not part of the card. Its class declares them.
    """

    idea: str
    formula: str
    use: str
    reference: str

"""Cards of all aligners, for people: what each does, needs and costs.

`python -m mmalign_core.workflow.menus.cards` prints the page that lies as README.md beside the aligners.
"""

from __future__ import annotations

from dataclasses import dataclass

from mmalign_core.aligners import ALIGNERS, Aligner
from mmalign_core.types import MODALITIES

FAMILIES = {
    "matching": "Features are compared as they are, or through the known pairs; nothing is trained.",
    "embedding": "A map into one space is solved for, mostly in closed form.",
    "model": "Neural heads on the encoders' features are trained, contrastively or as a classifier.",
    "fusion": "An item's modalities are brought together in one vector, also where it lacks some.",
}
"""The families of this package; an aligner of a notebook or another package may have another."""
_TRAINED = "Trained step by step: among the slowest, and its loss is shown while it fits."
_SOLVED = "No training loop: among the fastest."


@dataclass(frozen=True)
class AlignerCard:
    """A card, with what follows from its class: family, `needs` in phrases, whether it is `trained` step by step."""

    name: str
    family: str
    summary: str
    idea: str
    formula: str
    needs: tuple[str, ...]
    trained: bool
    reads_sequences: bool
    use: str
    reference: str

    @property
    def cost(self) -> str:
        """One sentence; the Leaderboard measures it."""
        return _TRAINED if self.trained else _SOLVED


def aligner_cards() -> tuple[AlignerCard, ...]:
    """Every registered aligner's card, family by family, those of this package first."""
    cards = [_card(name, ALIGNERS.get(name)) for name in ALIGNERS.names()]
    others = sorted({card.family for card in cards} - set(FAMILIES))
    place = {family: i for i, family in enumerate([*FAMILIES, *others])}
    return tuple(sorted(cards, key=lambda card: (place[card.family], card.name)))


def markdown() -> str:
    """All cards as one Markdown page."""
    cards = aligner_cards()
    parts = [
        "# Aligners",
        f"{len(cards)} aligners in four families. Written by `python -m mmalign_core.workflow.menus.cards`.",
    ]
    for family, words in FAMILIES.items():
        parts += [f"## {family}", words, *(_section(card) for card in cards if card.family == family)]
    return "\n\n".join(parts) + "\n"


def _card(name: str, cls: type[Aligner]) -> AlignerCard:
    card = cls.card
    about = (_needs(cls), cls.trained, cls.needs_sequences)
    return AlignerCard(name, cls.family(), cls.summary, card.idea, card.formula, *about, card.use, card.reference)


def _needs(cls: type[Aligner]) -> tuple[str, ...]:
    """Phrases, the condition that most often fails first."""
    said = {
        "pairs: items that have both modalities": cls.needs_pairs,
        "no pairs": not cls.needs_pairs,
        "an encoder that names concepts": cls.needs_concepts,
        "concepts where the encoder names them, none elsewhere": cls.reads_concepts and not cls.needs_concepts,
        "encoders that each share a space with texts": cls.needs_pivots,
        "the encoders' sequences (tokens, cells, frames)": cls.needs_sequences,
        "takes three and more modalities at once": cls.multiway,
        f"reads {', '.join(cls.modalities)} only": set(cls.modalities) != set(MODALITIES),
        "places only the rows it was fitted on": cls.transductive,
    }
    return tuple(words for words, holds in said.items() if holds)


def _section(card: AlignerCard) -> str:
    needs = "; ".join(card.needs)
    return (
        f"### {card.name}\n\n{card.idea}\n\n$${card.formula}$$\n\n"
        f"- **Needs** {needs}.\n- **Cost** {card.cost}\n- **When** {card.use}\n- **Reference** {card.reference}"
    )


if __name__ == "__main__":
    print(markdown(), end="")

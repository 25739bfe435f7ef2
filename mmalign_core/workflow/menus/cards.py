"""Cards of all aligners: what each does, needs and costs.

`python -m mmalign_core.workflow.menus.cards` prints the README.md in the folder of the aligners.
"""

from __future__ import annotations

from dataclasses import dataclass

from mmalign_core.aligners import ALIGNERS, Aligner
from mmalign_core.types import MODALITIES
from mmalign_core.wording import say, say_list, say_word

FAMILIES = {
    "matching": say("Features are compared as they are, or through the known pairs; nothing is trained."),
    "embedding": say("A map into one space is solved for, mostly in closed form."),
    "model": say("Neural heads on the encoders' features are trained, contrastively or as a classifier."),
    "fusion": say("An item's modalities are combined into one vector, even if some are missing."),
}
"""Family -> description, for the families of this package. Aligners of notebooks or other packages may have others."""
_TRAINED = say("Trained step by step: among the slowest, and its loss is shown while it fits.")
_SOLVED = say("No training loop: among the fastest.")


@dataclass(frozen=True)
class AlignerCard:
    """An aligner's card with facts from its class: family, `needs` as phrases, whether it is `trained` in steps."""

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
        """The cost in one sentence. The Leaderboard measures it."""
        return _TRAINED if self.trained else _SOLVED


def aligner_cards() -> tuple[AlignerCard, ...]:
    """The cards of all registered aligners by family, the families of this package first."""
    cards = [_card(name, ALIGNERS.get(name)) for name in ALIGNERS.names()]
    others = sorted({card.family for card in cards} - set(FAMILIES))
    place = {family: i for i, family in enumerate([*FAMILIES, *others])}
    return tuple(sorted(cards, key=lambda card: (place[card.family], card.name)))


def markdown() -> str:
    """All cards as a Markdown page."""
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
    """The needs as phrases; the one that most often fails comes first."""
    said = {
        say("pairs: items that have both modalities"): cls.needs_pairs,
        say("no pairs"): not cls.needs_pairs,
        say("an encoder that names concepts"): cls.needs_concepts,
        say("concepts where the encoder names them, none elsewhere"): cls.reads_concepts and not cls.needs_concepts,
        say("encoders that each share a space with texts"): cls.needs_pivots,
        say("the encoders' sequences (tokens, cells, frames)"): cls.needs_sequences,
        say("takes three and more modalities at once"): cls.multiway,
        say("reads {modalities} only", modalities=say_list(map(say_word, cls.modalities))): set(cls.modalities)
        != set(MODALITIES),
        say("places only the rows it was fitted on"): cls.transductive,
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

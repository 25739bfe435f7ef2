"""Cards of the aligners: one each, true to the class, and the page beside the code is current."""

from pathlib import Path

import pytest

from mmalign_core.aligners import ALIGNERS
from mmalign_core.workflow.menus.cards import FAMILIES, AlignerCard, aligner_cards, markdown

PAGE = Path(__file__).parents[1] / "mmalign_core" / "aligners" / "README.md"
CARDS = {card.name: card for card in aligner_cards()}


def test_every_aligner_has_a_card_in_the_order_of_families() -> None:
    assert set(CARDS) == set(ALIGNERS.names())
    families = [card.family for card in CARDS.values()]
    assert families == sorted(families, key=list(FAMILIES).index)


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == markdown(), (
        "write it anew: python -m mmalign_core.workflow.menus.cards > mmalign_core/aligners/README.md"
    )


@pytest.mark.parametrize("card", CARDS.values(), ids=lambda card: card.name)
def test_a_card_can_be_read(card: AlignerCard) -> None:
    assert 1 <= card.idea.count(". ") + 1 <= 3 and card.idea.endswith(".") and card.use.endswith(".")
    assert card.formula and "$" not in card.formula and card.formula.count("{") == card.formula.count("}")
    assert any(character.isdigit() for character in card.reference), "a reference names its year"


def test_what_is_trained_is_declared() -> None:
    loops = {"epochs", "batch", "learning_rate", "solver"}
    for name, card in CARDS.items():
        assert card.trained or not loops & set(ALIGNERS.get(name).declared_params()), f"{name} has a training loop"
    assert CARDS["auto"].trained and CARDS["autoencoder"].trained and not CARDS["cca"].trained


def test_needs_follow_from_the_class() -> None:
    assert CARDS["bridge"].needs == ("no pairs", "an encoder that names concepts")
    assert CARDS["relative"].needs[0].startswith("pairs") and not CARDS["relative"].trained
    for name, card in CARDS.items():
        assert any("concepts" in words for words in card.needs) or not ALIGNERS.get(name).needs_concepts
        assert any("sequences" in words for words in card.needs) == ALIGNERS.get(name).needs_sequences

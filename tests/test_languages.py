"""Languages of short texts, with the help of the other texts of the collection."""

from mmalign_core.triage.languages import languages_of

ENGLISH = ["A yellow tennis ball", "The dog sleeps in the garden", "A man rides a horse on the beach", "a tree"]
GERMAN = ["Der Hund schläft im Garten", "Ein Mann reitet auf einem Pferd", "Das rote Auto steht vor dem Haus"]


MANY = [f"{text} {k}" for k in range(7) for text in ENGLISH[:3]]


def test_each_text_has_its_language() -> None:
    assert languages_of([*MANY, *GERMAN])[-4:] == ["en"] + ["de"] * 3
    assert languages_of(["我喜欢在花园里看书", *MANY])[:2] == ["zh", "en"]


def test_a_short_text_takes_the_language_of_its_neighbours() -> None:
    assert languages_of([*MANY, "a tree"])[-1] == "en"


def test_nothing_is_said_of_texts_without_words_or_of_few_texts() -> None:
    assert languages_of(["😀", "", None, "  ", *MANY])[:5] == [""] * 4 + ["en"]
    assert languages_of([*ENGLISH, "", None]) == [""] * 6 and languages_of([]) == []

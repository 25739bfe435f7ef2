"""The evidence of causes in sentences: those that pages, reports and tables show."""

from typing import Any

import pytest

from mmalign_core.triage.causes import CAUSES, Cause, cause_sentence

TITLES = {"i07": "A yellow tennis ball", "i1": "A lemon"}
IN_TEXT = {"side": "query", "medium": "text", "item": "i1"}


@pytest.mark.parametrize(
    ("name", "evidence", "said"),
    [
        (
            "hub",
            {"candidate": "i07", "k": 41, "n": 1406, "wrong": 40, "expected": 1.04, "p": 1e-9},
            "“A yellow tennis ball” is chosen by 41 of 1,406 queries, by 40 of them wrongly; 1.0 are expected where "
            "each query chooses at random.",
        ),
        (
            "second_right_answer",
            {"modality": "image", "chosen": "i07", "right": "i1", "by": "hash and vector", "cosine": 0.987},
            "The image of “A yellow tennis ball” and that of “A lemon” are alike by hash and vector (cosine 0.99).",
        ),
        (
            "missing_modality",
            {"id": "i1", "modality": "text", "reason": "it is empty"},
            "The text of “A lemon” was skipped: it is empty.",
        ),
        (
            "missing_modality",
            {"id": "i1", "modality": "text", "without": 3, "n": 80},
            "The chosen candidate belongs to “A lemon”, which holds no text, as 3 of 80 candidates do.",
        ),
        (
            "wrong_pair",
            {"agrees_better_with": {"image": ["i1"], "text": ["i9"]}, "percentile": 0.99, "gap": 0.2, "n": 80},
            "Its image agrees better with “A lemon” and its text agrees better with “i9” than with its own partner, by "
            "scores of fits that never saw this pair. It is more suspected than 99% of 80 pairs.",
        ),
        (
            "blank_picture",
            {"side": "right", "medium": "image", "item": "i1", "colour": "#ffffff", "share": 0.998, "spread": 1.5},
            "The image of “A lemon” (the right answer) is blank: #ffffff fills 100% of it, and its lightness spreads "
            "by 1.5 of 255 levels.",
        ),
        (
            "cut_off_text",
            IN_TEXT | {"characters": 10021, "read": 10000, "unread": "the rest"},
            "The text of “A lemon” (the query) has 10,021 characters, of which the encoder reads 10,000; it does not "
            "read “the rest”.",
        ),
        (
            "short_text",
            IN_TEXT | {"text": "?", "says_only": "nothing of its item", "bits": 0, "usual_bits": 30.2, "same_text": 2},
            "The text of “A lemon” (the query) says nothing of its item: “?” carries 0.0 bits, where 30.2 are usual; 2 "
            "others say the same.",
        ),
        (
            "silent_sound",
            {"side": "query", "medium": "audio", "item": "i1", "rms_db": -80.0, "peak_db": -70.0, "silent": 1.0},
            "The audio of “A lemon” (the query) is silent for 100% of its length; its loudness is -80.0 dB and its "
            "peak -70.0 dB of full scale.",
        ),
        (
            "unknown_concept",
            {"side": "query", "medium": "image", "item": "i1", "as_likely": 400, "concepts": 1000}
            | {"likeliest": [{"concept": "lemon", "probability": 0.031}]},
            "The image of “A lemon” (the query) fits no concept well: the classifier is as undecided as among 400 of "
            "1,000 concepts, and holds these likeliest: lemon (3.1%).",
        ),
        (
            "unread_language",
            IN_TEXT | {"language": "ka", "log_odds": 44.0, "text": "ლიმონი", "reads": list("abcdefg")},
            "The text of “A lemon” (the query) looks like the language ka, and the encoder reads a, b, c, d, e and 2 "
            "more (log-odds 44.0 nats): “ლიმონი”.",
        ),
    ],
)
def test_each_cause_says_its_evidence(name: str, evidence: dict[str, Any], said: str) -> None:
    assert cause_sentence(Cause(name, evidence, 0.5), TITLES) == said


@pytest.mark.parametrize("name", CAUSES.names())
def test_evidence_of_another_form_is_listed(name: str) -> None:
    told = cause_sentence(Cause(name, {"some_number": 0.25, "ids": ["a", "b"]}, 0.5), {})
    assert told == "some number 0.25; ids a, b."


def test_a_summary_says_whether_the_medium_asks_or_answers() -> None:
    known = CAUSES.get("unknown_concept")
    assert known.summary_of("image->text") == "The encoder knows no concept that fits the picture (the query)"
    assert known.summary_of("text->image") == "The encoder knows no concept that fits the picture (the right answer)"
    assert CAUSES.get("hub").summary_of("text->image") == CAUSES.get("hub").summary

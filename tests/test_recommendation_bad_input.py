"""Queries that cannot be answered raise one clear line; partly usable ones give notes."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmalign_core.store import Store
from mmalign_core.types import BadInput
from mmalign_core.workflow import (
    QueryPart,
    QuerySpec,
    Run,
    answer,
    place_part,
)
from mmalign_core.workflow.recommendation.queries import nearest


@pytest.mark.parametrize(
    ("query", "options", "words"),
    [
        ({}, {}, "ask with at least one of"),
        ({"parts": (("text", "a", 0),)}, {}, "every part of the query has the weight 0"),
        ({"item": "dgo"}, {}, "'dog' is most like it"),
        ({"item": "x" * 10_000}, {}, "no item 'xxx"),
        ({"text": "a", "k": 0}, {}, "at least 1 item"),
        ({"text": "a", "where": ("gruop=birds",)}, {}, "no column 'gruop' to filter by; there are: group"),
        ({"text": "a", "where": ("group=dragons",)}, {}, "no item meets all conditions"),
        (
            {"item": "cat", "where": ("id=cat",)},
            {},
            "nothing is left to recommend: the 1 that the conditions allow",
        ),
        ({"text": "a"}, {"recommender": "contnt"}, "did you mean 'content'"),
        ({"text": "a", "diversity": 7}, {}, "diversity"),
        ({"text": "a", "popularity": float("nan")}, {}, "popularity"),
        ({"text": "a", "weights": {"smell": 1}}, {}, "a weight for 'smell': this run's items have places in"),
    ],
)
def test_questions_without_an_answer_are_one_clear_line(
    demo_run: Run, store: Store, query: dict, options: dict, words: str
) -> None:
    parts = [QueryPart(*part) for part in query.get("parts", ())]
    rest = {name: value for name, value in query.items() if name != "parts"}
    with pytest.raises(BadInput, match=words) as caught:
        answer(demo_run, QuerySpec.of(*parts, **rest), store=store, **options)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 700


def test_a_wish_that_is_none_is_refused_when_made() -> None:
    with pytest.raises(BadInput, match="one of text, image, audio, video, item, user"):
        QueryPart("smell", "rose")
    for weight in (math.nan, math.inf):
        with pytest.raises(BadInput, match="give a number"):
            QueryPart("text", "a", weight)


def test_a_mix_of_another_length_is_refused(demo_run: Run, store: Store) -> None:
    found = answer(demo_run, QuerySpec.of(text="a", item="cat"), store=store)
    with pytest.raises(BadInput, match="3 weights for 2 parts of the query"):
        found.again(mix=(1, 2, 3))
    with pytest.raises(BadInput, match="every part of the query has the weight 0"):
        found.again(mix=(0, 0))


def test_a_modality_the_run_lacks_or_got_ready_made_is_named(demo_run: Run, store: Store) -> None:
    space = {m: s for m, s in demo_run.result.space.items() if m != "audio"}
    deaf = replace(demo_run, result=replace(demo_run.result, space=space))
    sound = demo_run.collection.media_of("audio")[0].path
    with pytest.raises(BadInput, match="holds no audio; it takes queries by: text, image"):
        answer(deaf, QuerySpec.of(audio=sound), store=store)
    given = replace(demo_run, encoders={**demo_run.encoders, "text": "given@1"})
    with pytest.raises(BadInput, match="were given ready-made"):
        answer(given, QuerySpec.of(text="a"), store=store)


def test_little_to_go_by_is_answered_and_told(demo_run: Run, store: Store, tmp_path: Path) -> None:
    long = answer(demo_run, QuerySpec.of(text="cat " * 10_000), store=store)
    assert "reads the first 10,000" in long.notes[0] and "39,999" in long.notes[0]
    assert place_part(demo_run, QuerySpec.of(text="cat " * 10_000), store=store).vectors.shape[0] == 1
    with pytest.raises(BadInput, match="too large"):
        answer(demo_run, QuerySpec.of(text="cat " * 100_000), store=store)
    black, silent = tmp_path / "black.png", tmp_path / "silent.wav"
    Image.new("RGB", (64, 64)).save(black)
    soundfile = pytest.importorskip("soundfile")
    soundfile.write(silent, np.zeros(32_000, np.float32), 16_000)
    for query, words in (
        (QuerySpec.of(image=str(black)), "one even colour"),
        (QuerySpec.of(audio=str(silent)), "is silence"),
    ):
        found = answer(demo_run, query, store=store)
        assert words in found.notes[0] and np.isfinite([r.score for r in found.results]).all()
    assert answer(demo_run, QuerySpec.of(text="cat"), store=store).notes == ()


def test_the_nearest_name_is_found_in_bearable_time() -> None:
    names = [f"user-{i}" for i in range(200_000)]
    assert "of the 200,000 there" in nearest("user-1O", names)
    assert nearest("a", []) == "there are none at all"

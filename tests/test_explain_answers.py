"""Maps of recommended items and of what was asked with, in units of the recommendation's score."""

import numpy as np
import pytest

from mmalign_core.workflow import QuerySpec
from mmalign_core.workflow.explanation import explain_recommendation
from mmalign_core.workflow.explanation.placed_media import placed_medium
from mmalign_core.workflow.recommendation.answers import answer


@pytest.mark.parametrize("query", [QuerySpec.of(text="a dog in the garden"), QuerySpec.of(item="dog")])
def test_maps_of_a_recommendation_are_in_units_of_its_score(linear_run, store, query):
    asked = answer(linear_run, query, store=store)
    found = asked.results[1]
    made = explain_recommendation(linear_run, asked, found.id, store=store, faithful=False)
    assert not made.notes
    item = {each.label: each for each in made.maps if each.side == "item"}
    for modality, share in found.contributions.items():
        if modality in item:
            assert item[modality].share == pytest.approx(share, abs=1e-5)
    for each in made.maps:
        assert each.map.values.sum() + each.map.rest == pytest.approx(each.map.score, abs=1e-6)
        if each.side == "query":
            assert each.map.score == pytest.approx(found.score, abs=1e-4)
            assert each.share == pytest.approx(found.score, abs=1e-4)


def test_an_uploaded_picture_and_a_wish_against_are_mapped_too(linear_run, store):
    from mmalign_core.workflow import QueryPart

    picture = placed_medium(linear_run, "image", "dog").medium.path
    query = QuerySpec((QueryPart("image", picture), QueryPart("text", "a cat", -0.5)))
    asked = answer(linear_run, query, store=store)
    made = explain_recommendation(linear_run, asked, asked.results[0].id, store=store, faithful=False)
    shares = [each.share for each in made.maps if each.side == "query"]
    assert [each.medium.modality for each in made.maps if each.side == "query"] == ["image", "text"]
    assert sum(shares) == pytest.approx(asked.results[0].score, abs=1e-4)


def test_recommenders_that_do_not_look_at_media_say_so(linear_run, store):
    user = str(linear_run.collection.interactions["user_id"].iloc[0])
    asked = answer(linear_run, QuerySpec.of(user=user), store=store, recommender="popular")
    made = explain_recommendation(linear_run, asked, asked.results[0].id, store=store)
    assert not made.maps and "popular" in made.notes[0]


def test_what_a_text_adds_beside_a_history_is_mapped_in_the_mixed_score(linear_run, store):
    from mmalign_core.workflow import QueryPart

    user = str(linear_run.collection.interactions["user_id"].iloc[0])
    query = QuerySpec((QueryPart("text", "a dog in the garden"), QueryPart("user", user)))
    asked = answer(linear_run, query, store=store, recommender="hybrid", params={"mix": "0.5,0.5"})
    item = asked.results[0].id
    made = explain_recommendation(linear_run, asked, item, store=store, faithful=False)
    (text,) = (each for each in made.maps if each.side == "query")
    shares = asked.model.shares(asked.placed, np.array([asked.items.row(item)]), "signal")
    assert text.share == pytest.approx(float(shares["text"][0]), abs=1e-4)
    assert text.map.score == pytest.approx(text.share, abs=1e-3)

"""Measures of a sample of many queries: marked as such, and each with the rank that it has among all."""

import json
from collections.abc import Callable

import pytest

from mmalign_core.metrics import sampling
from mmalign_core.metrics.hubs import hubs_of
from mmalign_core.metrics.ranking import measure_direction, measure_pair
from mmalign_core.metrics.report import evaluation
from mmalign_core.metrics.sampling import sampled_words
from tests.test_scan import compiled_pass, scoring, two_sets


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    return compiled_pass(monkeypatch)


def test_a_sample_is_marked_and_exact_measures_all(compiled, monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = two_sets("captions")
    space = [{"image": a, "text": b}]
    whole = evaluation(space, ("image", "text"), scoring()).report()
    monkeypatch.setattr(sampling, "MOST_PRODUCTS", 1000)
    monkeypatch.setattr(sampling, "SAMPLED", 80)
    compiled(True)
    drawn, again = (evaluation(space, ("image", "text"), scoring(seed=3)).report() for _ in range(2))
    assert json.dumps(drawn) == json.dumps(again), "the same seed draws the same queries"
    found, every = drawn["metrics"]["image->text"], whole["metrics"]["image->text"]
    assert (found["n"], found["sampled_of"], found["candidates"]) == (80, every["n"], every["candidates"])
    assert drawn["sampled"]["text->image"] == {"n": 160, "of": whole["metrics"]["text->image"]["n"]}
    assert "80 of 190 queries image->text" in sampled_words(drawn) and sampled_words(whole) == ""
    low, high = drawn["ci95"]["image->text"]["recall@10"]
    assert low <= every["recall@10"] <= high
    exact = evaluation(space, ("image", "text"), scoring(exact=True)).report()
    assert exact["sampled"] is None
    assert json.dumps(exact) == json.dumps(whole)


def test_a_sampled_query_has_the_rank_that_it_has_among_all(compiled, monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = two_sets("plain")
    every = dict(zip(a.ids, measure_direction(a, b, scoring()).outcome.ranks.tolist()))
    monkeypatch.setattr(sampling, "MOST_PRODUCTS", 1000)
    monkeypatch.setattr(sampling, "SAMPLED", 50)
    for taken in (False, True):
        compiled(taken)
        found = measure_direction(a, b, scoring(), bank=None)
        assert len(found.items) == 50
        assert [every[item] for item in found.items] == found.outcome.ranks.tolist()


def test_hubness_of_a_sample_is_that_of_its_items_among_themselves(compiled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "MOST_PRODUCTS", 1000)
    monkeypatch.setattr(sampling, "SAMPLED", 120)
    a, b = two_sets("plain")
    for taken, similarity in ((True, "cosine"), (True, "euclidean"), (False, "cosine")):
        compiled(taken)
        (one, _), scores = measure_pair(a, b, scoring(similarity), hubs=True), scoring(similarity)
        items = one.direction.items
        assert one.hubs is not None and len(items) == 120
        assert one.hubs.skewness == hubs_of(a.of_items(items), b.of_items(items), scores).skewness
        assert one.hubs.largest == hubs_of(a.of_items(items), b, scores).largest

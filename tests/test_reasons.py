"""Why an item stands where it stands: views that sum, ranks counted anew, on the demo and through its answers."""

import json

import numpy as np
import pytest

from mmalign_core.recommend import RECOMMENDERS
from mmalign_core.store import Store
from mmalign_core.types import BadInput
from mmalign_core.workflow import QueryPart, QuerySpec, Run
from mmalign_core.workflow.recommendation.answers import Answer, answer
from mmalign_core.workflow.recommendation.reasons import every_reason, reasons


def user_of(run: Run) -> str:
    assert run.collection.interactions is not None
    return str(run.collection.interactions["user_id"].iloc[0])


def rank(found: Answer, item: str) -> int:
    """Among everything that may be recommended, by asking for all of it."""
    return next(r.rank for r in found.again(k=10_000).results if r.id == item)


@pytest.mark.parametrize("name", RECOMMENDERS.names())
def test_every_view_sums_to_the_score_of_a_user_s_recommendations(demo_run: Run, store: Store, name: str) -> None:
    found = answer(demo_run, QuerySpec.of(user=user_of(demo_run), k=5), store=store, recommender=name)
    for recommended, why in zip(found.results, every_reason(found)):
        assert why.item == recommended.id and why.score == pytest.approx(recommended.score, abs=1e-6)
        assert set(why.views) == set(found.model.views)
        for shares in why.views.values():
            assert sum(shares.values()) == pytest.approx(why.score, abs=1e-5)
        assert why.rank >= recommended.rank and set(why.without) <= {"modality", "history", "signal"}


def test_without_a_modality_is_the_answer_without_it(demo_run: Run, store: Store) -> None:
    found = answer(demo_run, QuerySpec.of(text="a cat", k=3), store=store)
    for why in every_reason(found):
        assert set(why.without["modality"]) == set(found.items.parts) and why.rank == rank(found, why.item)
        for modality, without in why.without["modality"].items():
            rest = {m: float(m != modality) for m in found.items.parts}
            assert without == rank(found.again(weights=rest), why.item)
    assert reasons(found, found.results[1].id) == every_reason(found)[1]


def test_without_a_wish_is_the_answer_without_it(demo_run: Run, store: Store) -> None:
    cat = next(m.item for m in demo_run.collection.media_of("text") if "cat" in (m.text or "").lower())
    wishes = (QueryPart("text", "rain"), QueryPart("text", "a dog", -0.5), QueryPart("item", cat))
    found = answer(demo_run, QuerySpec(wishes, k=3), store=store)
    why = reasons(found, found.results[2].id)
    assert set(why.views["signal"]) == {"text “rain”", "text “a dog”", "history"} and list(why.without["history"]) == [
        cat
    ]
    for place, label in enumerate(("text “rain”", "text “a dog”")):
        rest = found.again(mix=[w.weight * (i != place) for i, w in enumerate(wishes)])
        assert why.without["signal"][label] == rank(rest, why.item)


def test_without_a_history_item_it_is_ranked_as_if_never_met(demo_run: Run, store: Store) -> None:
    found = answer(demo_run, QuerySpec.of(user=user_of(demo_run), k=2), store=store, recommender="content")
    why = reasons(found, found.results[0].id)
    met = list(why.without["history"])
    assert [found.items.row(item) for item in met] == list(found.placed.history)
    usable = np.ones(len(found.items.ids), bool)
    usable[list(found.controls.exclude)] = False
    for item in met[:3]:
        scores = found.model.score([found.placed.without_item(found.items.row(item))])[0]
        own = found.items.row(why.item)
        assert why.without["history"][item] == int((scores[usable] >= scores[own] - 1e-6).sum())
    assert len(reasons(found, why.item, most=1).without["history"]) == 1


def test_diversity_and_popularity_are_reasons_of_their_own(demo_run: Run, store: Store) -> None:
    found = answer(
        demo_run, QuerySpec.of(item=demo_run.collection.ids[0], k=6, diversity=0.5, popularity=0.4), store=store
    )
    for recommended, why in zip(found.results, every_reason(found)):
        assert why.score == pytest.approx(recommended.score, abs=1e-6)
        assert why.views["modality"] == pytest.approx(dict(recommended.contributions), abs=1e-6)
        for shares in why.views.values():
            assert {"popularity", "alike already shown"} <= set(shares)
            assert sum(shares.values()) == pytest.approx(why.score, abs=1e-5)
        assert "history" not in why.without, "nothing is left to ask with"
    json.dumps([why.as_json for why in every_reason(found)])


def test_an_item_that_was_not_found_has_reasons_too_and_an_unknown_one_is_named(demo_run: Run, store: Store) -> None:
    found = answer(demo_run, QuerySpec.of(text="a cat", k=1), store=store)
    last = found.again(k=10_000).results[-1]
    assert reasons(found, last.id).rank == last.rank
    with pytest.raises(BadInput, match="no item 'nobody'"):
        reasons(found, "nobody")

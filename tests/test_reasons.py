"""Why an item stands where it stands: views that sum, ranks counted anew, on the demo and through its answers."""

import json

import numpy as np
import pytest

from mmalign_core.recommend import RECOMMENDERS
from mmalign_core.store import Store
from mmalign_core.types import BadInput
from mmalign_core.workflow import Query, Run
from mmalign_core.workflow.answers.querying import Wish
from mmalign_core.workflow.answers.reasons import every_reason, reasons
from mmalign_core.workflow.answers.recommending import Answer, answer


def user_of(run: Run) -> str:
    assert run.collection.interactions is not None
    return str(run.collection.interactions["user_id"].iloc[0])


def rank(found: Answer, item: str) -> int:
    """Among everything that may be recommended, by asking for all of it."""
    return next(r.rank for r in found.again(k=10_000).found if r.id == item)


@pytest.mark.parametrize("name", RECOMMENDERS.names())
def test_every_view_sums_to_the_score_of_a_user_s_recommendations(demo_run: Run, store: Store, name: str) -> None:
    found = answer(demo_run, Query(user=user_of(demo_run)), store=store, recommender=name, k=5)
    for recommended, why in zip(found.found, every_reason(found)):
        assert why.item == recommended.id and why.score == pytest.approx(recommended.score, abs=1e-6)
        assert set(why.views) == set(found.model.views)
        for shares in why.views.values():
            assert sum(shares.values()) == pytest.approx(why.score, abs=1e-5)
        assert why.rank >= recommended.rank and set(why.without) <= {"modality", "history", "signal"}


def test_without_a_modality_is_the_answer_without_it(demo_run: Run, store: Store) -> None:
    found = answer(demo_run, Query(text="a cat"), store=store, k=3)
    for why in every_reason(found):
        assert set(why.without["modality"]) == set(found.items.parts) and why.rank == rank(found, why.item)
        for modality, without in why.without["modality"].items():
            rest = {m: float(m != modality) for m in found.items.parts}
            assert without == rank(found.again(weights=rest), why.item)
    assert reasons(found, found.found[1].id) == every_reason(found)[1]


def test_without_a_wish_is_the_answer_without_it(demo_run: Run, store: Store) -> None:
    cat = next(m.item for m in demo_run.collection.media_of("text") if "cat" in (m.text or "").lower())
    wishes = (Wish("text", "rain"), Wish("text", "a dog", -0.5), Wish("item", cat))
    found = answer(demo_run, Query(wishes=wishes), store=store, k=3)
    why = reasons(found, found.found[2].id)
    assert set(why.views["signal"]) == {"text “rain”", "text “a dog”", "history"} and list(why.without["history"]) == [
        cat
    ]
    for place, label in enumerate(("text “rain”", "text “a dog”")):
        rest = found.again(mix=[w.weight * (i != place) for i, w in enumerate(wishes)])
        assert why.without["signal"][label] == rank(rest, why.item)


def test_without_a_history_item_it_is_ranked_as_if_never_met(demo_run: Run, store: Store) -> None:
    found = answer(demo_run, Query(user=user_of(demo_run)), store=store, recommender="content", k=2)
    why = reasons(found, found.found[0].id)
    met = list(why.without["history"])
    assert [found.items.row(item) for item in met] == list(found.asked.history)
    usable = np.ones(len(found.items.ids), bool)
    usable[list(found.exclude)] = False
    for item in met[:3]:
        scores = found.model.score([found.asked.without_item(found.items.row(item))])[0]
        own = found.items.row(why.item)
        assert why.without["history"][item] == int((scores[usable] >= scores[own] - 1e-6).sum())
    assert len(reasons(found, why.item, most=1).without["history"]) == 1


def test_diversity_and_popularity_are_reasons_of_their_own(demo_run: Run, store: Store) -> None:
    found = answer(demo_run, Query(item=demo_run.collection.ids[0]), store=store, k=6, diversity=0.5, popularity=0.4)
    for recommended, why in zip(found.found, every_reason(found)):
        assert why.score == pytest.approx(recommended.score, abs=1e-6)
        assert why.views["modality"] == pytest.approx(dict(recommended.contributions), abs=1e-6)
        for shares in why.views.values():
            assert {"popularity", "alike already shown"} <= set(shares)
            assert sum(shares.values()) == pytest.approx(why.score, abs=1e-5)
        assert "history" not in why.without, "nothing is left to ask with"
    json.dumps([why.as_json for why in every_reason(found)])


def test_an_item_that_was_not_found_has_reasons_too_and_an_unknown_one_is_named(demo_run: Run, store: Store) -> None:
    found = answer(demo_run, Query(text="a cat"), store=store, k=1)
    last = found.again(k=10_000).found[-1]
    assert reasons(found, last.id).rank == last.rank
    with pytest.raises(BadInput, match="no item 'nobody'"):
        reasons(found, "nobody")

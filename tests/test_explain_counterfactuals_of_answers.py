"""The smallest change that takes an item out of a list, tried out: what it says must happen when it is done."""

import numpy as np
import pytest

from mmalign_core.explain.words import without, word_spans
from mmalign_core.types import BadInput, Cancelled
from mmalign_core.workflow import Choices, QuerySpec, align
from mmalign_core.workflow.explanation.counterfactuals import smallest_changes
from mmalign_core.workflow.recommendation.answers import answer
from mmalign_core.workflow.recommendation.reasons import ItemRanks


@pytest.fixture(scope="module")
def run(demo, demo_encoding, store):
    params = {"reg": 0.1, "weighting": 1.0, "dims": 32}
    return align(demo, demo_encoding, Choices(pair=("image", "text"), aligner="gcca", params=params), store=store)


def found(run, store, query, place=0, **options):
    asked = answer(run, query, store=store, **options)
    return asked, asked.results[place].id


def rank_of(asked, item):
    return ItemRanks(asked, item).rank


def test_without_those_words_the_item_does_fall(run, store):
    text = "a dog in the garden"
    asked, item = found(run, store, QuerySpec.of(text=text))
    changes, notes = smallest_changes(run, asked, item, store=store, grid=3)
    (change,) = (c for c in changes if c.side == "query")
    assert not notes and change.parts and change.smallest and change.rank == 1
    dropped = {part.place for part in change.parts}
    spans = word_spans(text)
    left = without(text, spans, [span not in dropped for span in spans])
    again = answer(run, QuerySpec.of(text=left), store=store)
    assert item not in [r.id for r in again.results] and rank_of(again, item) == change.without
    assert all(part.label in change.sentence for part in change.parts) and str(change.without) in change.sentence


def test_no_single_word_less_would_do(run, store):
    text = "a dog in the garden"
    asked, item = found(run, store, QuerySpec.of(text=text))
    (change,) = (c for c in smallest_changes(run, asked, item, store=store, grid=2)[0] if c.side == "query")
    spans = [span for span in word_spans(text) if span in {part.place for part in change.parts}]
    for back in spans if len(spans) > 1 else ():
        every = word_spans(text)
        left = without(text, every, [span == back or span not in spans for span in every])
        assert rank_of(answer(run, QuerySpec.of(text=left), store=store), item) <= 10


def test_a_cell_of_the_items_own_picture_counts_by_what_its_place_loses(run, store):
    asked, item = found(run, store, QuerySpec.of(text="a dog in the garden"), place=-1)
    changes, _ = smallest_changes(run, asked, item, store=store, grid=4)
    own = {c.label: c for c in changes if c.side == "item"}
    assert set(own) == {m for m in ("text", "image", "audio") if m in asked.items.parts and _has(asked, m, item)}
    for change in own.values():
        assert change.rank == 10 and change.tried <= change.budget
        assert change.parts is None or change.without > 10


def _has(asked, modality, item):
    return bool(asked.items.present(modality)[asked.items.row(item)])


@pytest.mark.parametrize("recommender", ["content", "ease"])
def test_without_those_items_of_the_history_it_falls(run, store, recommender):
    user = str(run.collection.interactions["user_id"].iloc[0])
    asked, item = found(run, store, QuerySpec.of(user=user), place=-1, recommender=recommender)
    changes, _ = smallest_changes(run, asked, item, store=store, grid=2)
    (change,) = (c for c in changes if c.side == "history")
    assert change.parts
    query = asked.placed
    for part in change.parts:
        query = query.without_item(asked.items.row(part.label))
    standing = ItemRanks(asked, item)
    assert int(standing.for_queries([query])[0]) == change.without > 10


def test_what_cannot_be_undone_says_so_within_its_budget(run, store):
    asked, item = found(run, store, QuerySpec.of(text="dog"))
    changes, _ = smallest_changes(run, asked, item, store=store, grid=2, budget=4)
    assert all(c.tried <= 4 for c in changes)
    for change in changes:
        if change.parts is None:
            assert change.without == change.rank and "takes the item out" in change.sentence


def test_an_item_that_is_not_in_the_list_is_bad_input(run, store):
    asked, _ = found(run, store, QuerySpec.of(text="dog", k=3))
    last = asked.items.ids[int(np.argmin(asked.model.score([asked.placed])[0]))]
    with pytest.raises(BadInput, match="not among the first 3"):
        smallest_changes(run, asked, last, store=store)
    with pytest.raises(BadInput, match="no item 'nobody'"):
        smallest_changes(run, asked, "nobody", store=store)


def test_progress_grows_and_can_stop_the_search(run, store):
    asked, item = found(run, store, QuerySpec.of(text="a dog"))
    seen = []
    smallest_changes(run, asked, item, store=store, grid=2, progress=lambda fraction, message: seen.append(fraction))
    assert seen == sorted(seen) and seen[-1] == 1 and seen[0] >= 0

    def stop(fraction, message):
        raise Cancelled

    with pytest.raises(Cancelled):
        smallest_changes(run, asked, item, store=store, progress=stop)

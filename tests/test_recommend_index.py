"""Answers through an index on disk: scores as without it, what it refuses, and that it is kept and made anew."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmalign_core.__main__ import main
from mmalign_core.recommend import RECOMMENDERS, Controls, PlacedQuery, Signal, place_items, top
from mmalign_core.recommend import item_index as index_module
from mmalign_core.recommend import items as items_module
from mmalign_core.recommend.index_files import read_index, write_index
from mmalign_core.recommend.item_index import IndexedItems
from mmalign_core.store import Store, vector_index
from mmalign_core.types import BadInput, Collection, EmbeddingSet, Strings, no_progress
from mmalign_core.vectors import unit_rows
from mmalign_core.workflow import Encoding, QuerySpec, Run, answer
from mmalign_core.workflow.alignment.run import as_encoded
from mmalign_core.workflow.recommendation import index_choice

N, WIDTH = 4_000, 16


def sets(n: int = N) -> dict[str, EmbeddingSet]:
    """Pictures of all items but the last three, and one or two texts of all but every seventh; one is zero."""
    rng = np.random.default_rng(3)
    centres = rng.standard_normal((60, WIDTH))
    places = centres[rng.integers(0, 60, n)] + 0.6 * rng.standard_normal((n, WIDTH))
    places[5] = 0
    owners = np.sort(np.concatenate([np.arange(0, n, 2), np.arange(n)]))
    owners = owners[owners % 7 != 0]
    texts = places[owners] + 0.4 * rng.standard_normal((len(owners), WIDTH))
    return {
        "image": EmbeddingSet("image", names(np.arange(n - 3)), names(np.arange(n - 3)), places[:-3], "t@1"),
        "text": EmbeddingSet("text", names(owners), names(np.arange(len(owners))), texts, "t@1"),
    }


def names(numbers: np.ndarray) -> list[str]:
    return [f"é{number}" for number in numbers]


@pytest.fixture(scope="module", autouse=True)
def coded() -> Iterator[None]:
    """Small data take the way of large ones: codes, candidates, and several blocks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vector_index, "FLAT_BELOW", 1)
        for module in (index_module, items_module):
            patch.setattr(module, "ITEMS_AT_ONCE", 1_000)
        patch.setattr(index_module, "MOST_SCORED", 1_500)
        yield


@pytest.fixture(scope="module")
def made(coded: None, tmp_path_factory: pytest.TempPathFactory) -> IndexedItems:
    ids, folder = Strings(names(np.arange(N))), tmp_path_factory.mktemp("index") / "one"
    write_index(folder, sets(), ids, cells=40, progress=no_progress)
    found = read_index(folder, sets(), ids)
    assert found is not None
    return found


def queries() -> list[PlacedQuery]:
    """A history, what is unlike it, a point in one modality, and both together with uneven weights."""
    point = np.random.default_rng(5).standard_normal(WIDTH).astype(np.float32)
    signal = Signal("text", {"image": point, "text": point}, modality="text")
    return [
        PlacedQuery(history={10: 1.0, 20: 0.5}),
        PlacedQuery(history={10: -1.0}),
        PlacedQuery((Signal("one", {"image": point}),)),
        PlacedQuery((signal,), {30: 1.0}, weights={"image": 0.2, "text": 0.8}),
    ]


@pytest.mark.parametrize("diversity", [0.0, 0.6])
@pytest.mark.parametrize("number", range(4))
def test_candidates_have_the_scores_of_an_exact_answer(made: IndexedItems, number: int, diversity: float) -> None:
    query = queries()[number]
    plain = place_items(sets(), tuple(made.ids))
    exact = RECOMMENDERS.create("content").fit(plain)
    model = RECOMMENDERS.create("content").fit(made)
    controls = Controls(exclude=tuple(query.history), diversity=diversity)
    pool = made.pool(model, query, 10, controls)
    assert pool is not None and not pool.whole and not set(query.history) & set(pool.rows.tolist())
    found = top(model, made, query, 10, controls, pool.rows)
    right = top(exact, plain, query, 10, controls)
    scores = exact.score([query])[0]
    for place, one in enumerate(found, 1):
        row = plain.row(one.id)
        assert one.rank == place and made.row(one.id) == row
        assert sum(one.contributions.values()) == pytest.approx(one.score, abs=1e-9)
        alone = sum(v for label, v in one.contributions.items() if label != "alike already shown")
        assert alone == pytest.approx(scores[row], abs=1e-4)
    assert len({r.id for r in found} & {r.id for r in right}) >= (7 if diversity else 9)
    assert model.score([query])[0] == pytest.approx(scores, abs=1e-4)


def test_recall_is_measured_and_few_cells_find_less(made: IndexedItems, tmp_path: Path) -> None:
    assert made.asked == 100 and 0.9 < made.recall <= 1.0
    model = RECOMMENDERS.create("content").fit(made)
    found = []
    for row in range(0, 400, 10):
        query = PlacedQuery(history={row: 1.0})
        exact = top(model, made, query, 10, Controls(exclude=[row]))
        pool = made.pool(model, query, 10, Controls(exclude=[row]))
        assert pool is not None
        near = top(model, made, query, 10, pool=pool.rows)
        found.append(len({r.id for r in exact} & {r.id for r in near}) / 10)
    assert np.mean(found) == pytest.approx(made.recall, abs=0.06)
    directions = model.directions(PlacedQuery(history={10: 1.0}))
    assert len(made.candidates(directions, 5)) == 5 and not len(made.candidates({}, 5))


def test_what_an_index_cannot_answer_compares_all(made: IndexedItems) -> None:
    model = RECOMMENDERS.create("content").fit(made)
    query, few = queries()[0], np.zeros(N, bool)
    few[:700] = True
    assert made.pool(model, query, 10, Controls(popularity=0.5, met=np.ones(N))) is None
    assert made.pool(model, query, N, Controls()) is None
    assert made.pool(RECOMMENDERS.create("popular"), query, 10, Controls()) is None
    pool = made.pool(model, query, 10, Controls((10,), few))
    assert pool is not None and pool.whole and (pool.rows == np.delete(np.arange(700), 10)).all()
    some = np.arange(N) % 2 == 0  # more than are scored without the index
    pool = made.pool(model, query, 10, Controls((), some))
    assert pool is not None and not pool.whole and not (pool.rows % 2).any() and len(pool.rows) >= 10


def test_places_on_disk_are_not_held_in_memory(made: IndexedItems, monkeypatch: pytest.MonkeyPatch) -> None:
    given_back: list[np.ndarray] = []
    monkeypatch.setattr(items_module, "release", given_back.append)
    fresh = replace(made)
    assert fresh.present("image").sum() == N - 4 and len(given_back) == 2 * N // 1_000
    assert all(isinstance(part, np.memmap) for part in given_back)


def test_ids_are_found_by_bisection(made: IndexedItems) -> None:
    assert all(made.rows[name] == row for row, name in enumerate(made.ids))
    assert "é" not in made.rows and "zz" not in made.rows and "" not in made.rows and len(made.rows) == N
    with pytest.raises(BadInput, match="no item 'x' in this run"):
        made.row("x")


def test_places_in_blocks_are_those_of_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    space, ids = sets(500), tuple(names(np.arange(500)))
    whole = place_items(space, ids)
    monkeypatch.setattr(items_module, "ITEMS_AT_ONCE", 7)
    blocks = place_items(space, ids)
    for modality, part in whole.parts.items():
        assert (part == blocks.parts[modality]).all() and (whole.present(modality) == blocks.present(modality)).all()
    text = unit_rows(space["text"].vectors)[[i for i, owner in enumerate(space["text"].ids) if owner == "é8"]]
    assert len(text) == 2 and np.allclose(whole.parts["text"][8], text.mean(axis=0))


def run_of(n: int = N) -> Run:
    rows = EmbeddingSet("image", names(np.arange(n)), names(np.arange(n)), sets(n + 3)["image"].vectors, "given@1")
    collection = Collection(
        "toy", pd.DataFrame({"even": np.arange(n) % 2 == 0}, index=names(np.arange(n))), (), vectors={"image": rows}
    )
    return as_encoded(collection, Encoding({"image": rows}, {"image": "given"}, {}, (), {}))


def test_a_run_s_index_is_kept_and_made_anew_when_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, store, query = run_of(), Store(tmp_path / "home"), QuerySpec.of(item="é7", k=5)
    exact = answer(run, query, store=store)
    assert not exact.searched and "index" not in exact.as_json and not store.entries("indexes")
    found = answer(run, query, store=store, index="approximate")
    assert found.searched["kind"] == "approximate" and found.as_json["index"]["measured_on"] == 100
    assert len({r.id for r in found.results} & {r.id for r in exact.results}) >= 4
    assert "recall@10" in found.notes[-1] and "recall@10" in found.again(k=3).notes[-1]
    assert answer(run, QuerySpec.of(item="é7", where=("even=True",)), store=store, index="approximate").results
    (kept,) = store.entries("indexes")
    assert kept.about == f"{N:,} items"
    monkeypatch.setattr(index_choice, "write_index", lambda *_, **__: pytest.fail("it was made again"))
    assert answer(run, query, store=store, index="approximate").results == found.results
    monkeypatch.undo()
    (store.index_folder(kept.key) / "0.npy").write_bytes(b"\x93NUMPY")
    assert answer(run_of(), query, store=store, index="approximate").results[0].id == found.results[0].id
    assert store.remove("indexes", [kept.key]) > 0 and not store.entries("indexes")


def test_the_choice_follows_the_number_of_items(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_choice, "INDEXED_FROM", N)
    run, store, query = run_of(), Store(tmp_path / "home"), QuerySpec.of(item="é7")
    assert answer(run, query, store=store).searched["kind"] == "approximate"
    assert not answer(run, query, store=store, index="exact").searched
    for refused, words in (
        ("ivf", "index: 'ivf' is none of auto, exact, approximate"),
        ("approximate", "one of: content"),
    ):
        with pytest.raises(BadInput, match=words):
            answer(run, query, store=store, recommender="popular", index=refused)


def test_the_command_says_how_it_found_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = unit_rows(sets()["image"].vectors + np.float32(0.01))
    np.save(tmp_path / "pictures.npy", rows)
    (tmp_path / "ids.txt").write_text("".join(f"{number}\n" for number in range(len(rows))))
    asked = ["recommend", str(tmp_path / "pictures.npy"), "--item", "3", "--store", str(tmp_path / "home")]
    assert main([*asked, "--index", "approximate", "--json", "-"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["index"]["kind"] == "approximate" and 0.8 < told["index"]["recall_at_10"] <= 1
    assert main([*asked, "--index", "approximate"]) == 0
    assert "note: Found by an index of 3,997 items: recall@10" in capsys.readouterr().out
    assert main([*asked, "--index", "flat"]) != 0
    assert "index: 'flat' is none of auto, exact, approximate" in capsys.readouterr().err

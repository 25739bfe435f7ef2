"""Errors of a run: every query worst first with causes, as JSON and CSV, on the command line and from Python."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageDraw

from mmalign_core.store import Store
from mmalign_core.triage.causes import CAUSES, Cause, CauseFinder, Context
from mmalign_core.triage.judgements import Judgements
from mmalign_core.types import BadInput, Collection, EmbeddingSet, Media, Skipped, digest_bytes
from mmalign_core.workflow import Run, find_errors, find_findings
from mmalign_core.workflow.error_analysis.errors import causes_of
from tests.given_runs import PAIR, N, aligned, formula_run, given


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """An empty store."""
    return Store(Path(tmp_path_factory.mktemp("errors")))


@pytest.fixture(scope="module")
def run(kept: Store) -> Run:
    """60 pairs whose texts begin as formulas do."""
    return formula_run(kept)


def test_the_report_lists_every_query_worst_first(run: Run, kept: Store) -> None:
    found = find_errors(run, store=kept).report()
    assert (found["split"], found["direction"]) == ("test 0.25", None) and found["n"] == len(found["queries"]) == 2 * N
    assert found["missing"] == [{"id": "i60", "modality": "text"}, {"id": "i61", "modality": "text"}]
    order = [(-query["rank"], query["margin"], query["id"]) for query in found["queries"]]
    assert order == sorted(order)
    for way, modality in (("image->text", "image"), ("text->image", "text")):
        own = [query for query in found["queries"] if query["direction"] == way]
        held = [query for query in own if query["held_out"]]
        assert len(held) == run.report["metrics"][way]["n"] and {query["modality"] for query in own} == {modality}
        assert np.mean([query["rank"] <= 10 for query in held]) == run.report["metrics"][way]["recall@10"]
        apart = [query["right"]["score"] - query["chosen"]["score"] for query in own]
        assert [query["margin"] for query in own] == pytest.approx(apart, abs=1e-6)
        assert all(0 <= query["suspicion"] <= 1 for query in own)
        assert all(query["correct"] == (query["rank"] == 1) for query in own)
    assert json.loads(json.dumps(found)) == found


def test_one_direction_and_held_out_queries_alone(run: Run, kept: Store) -> None:
    whole = find_errors(run, store=kept).report()["queries"]
    part = find_errors(run, store=kept, direction="text->image", held_out=True).report()
    assert part["direction"] == "text->image"
    assert part["queries"] == [query for query in whole if query["held_out"] and query["direction"] == "text->image"]


@pytest.mark.parametrize("split", [{}, {"folds": 2}], ids=str)
def test_a_hub_says_how_many_queries_it_crowds(kept: Store, split: dict[str, object]) -> None:
    rng = np.random.default_rng(0)
    pictures = rng.standard_normal((N, 16)) + 0.7
    words = pictures + 2 * rng.standard_normal((N, 16))
    words[7] = 0.7
    plain = aligned(given(pictures, words), kept, **split)
    part = find_errors(plain, store=kept, direction="image->text").directions["image->text"]
    judged, takers = part.judgements, 0
    for row, causes in enumerate(part.causes):
        hubs = [cause for cause in causes if cause.name == "hub"]
        takers += judged.chosen[row] == 7
        assert bool(hubs) == (judged.chosen[row] == 7 and judged.queries.ids[row] != "i07")
    evidence = next(c.evidence for causes in part.causes for c in causes if c.name == "hub")
    assert evidence["candidate"] == "i07" and (evidence["k"], evidence["n"]) == (takers, N / (2 if split else 1))
    assert takers > 10 and evidence["wrong"] in (takers, takers - 1)
    assert evidence["expected"] == pytest.approx(1.0) and evidence["p"] < 0.01
    seen: list[list[str]] = []
    every = find_findings(plain, store=kept, watch=lambda found: seen.append([one.kind for one in found]))
    assert seen[0] == ["headline"], "it needs no search"
    assert "cause" in seen[1] and seen[-1] == [one.kind for one in every]
    said = next(one.sentence for one in every if one.evidence.get("cause") == "hub")
    assert said.startswith(
        f"'i07' is chosen for {takers} of {evidence['n']} queries image → text; such hubs crowd out "
    )
    assert said.endswith(f"the right answer of {sum(any(c.name == 'hub' for c in own) for own in part.causes)}.")


def test_choices_by_chance_are_no_hubs(kept: Store) -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        run = aligned(given(rng.standard_normal((N, 30)), rng.standard_normal((N, 30))), kept)
        found = find_errors(run, store=kept)
        assert not [
            c for part in found.directions.values() for causes in part.causes for c in causes if c.name == "hub"
        ]


def drawings(folder: Path) -> list[Path]:
    """Random rectangles, then a copy of the first saved again as JPEG."""
    paths = []
    for k in range(8):
        rng, picture = np.random.default_rng(k), Image.new("RGB", (128, 128), "white")
        for _ in range(6):
            (x, y), colour = rng.integers(0, 90, 2).tolist(), tuple(rng.integers(0, 255, 3).tolist())
            ImageDraw.Draw(picture).rectangle((x, y, x + 35, y + 35), fill=colour)
        paths.append(folder / f"{k}.png")
        picture.save(paths[-1])
    Image.open(paths[0]).save(folder / "8.jpg", quality=85)
    return [*paths, folder / "8.jpg"]


def copied(folder: Path, turned: float) -> Collection:
    """Nine drawings, the last a copy of the first in the file; `turned`: how far its vector lies from the first's.

    The texts of both choose each other's picture.
    """
    files = drawings(folder)
    media = [Media(f"i{k:02d}", "image", digest_bytes(p.read_bytes()), path=str(p)) for k, p in enumerate(files)]
    said = ["A red Car!", *(f"thing {k}" for k in range(1, 8)), "a red car"]
    media += [Media(f"i{k:02d}", "text", digest_bytes(t.encode()), text=t) for k, t in enumerate(said)]
    pictures = np.eye(9)
    pictures[8] = np.cos(turned) * pictures[0] + np.sin(turned) * pictures[8]
    words = pictures.copy()
    words[[0, 8]] = pictures[[8, 0]]
    return given(pictures, words, tuple(media))


@pytest.mark.parametrize(("turned", "found"), [(0.2, True), (1.2, False)])
def test_near_pictures_need_hash_and_vector(tmp_path: Path, kept: Store, turned: float, found: bool) -> None:
    run = aligned(copied(tmp_path, turned), kept)
    part = find_errors(run, store=kept, direction="text->image").directions["text->image"]
    second = {
        item: [cause for cause in causes if cause.name == "second_right_answer"]
        for item, causes in zip(part.judgements.queries.ids, part.causes)
    }
    assert {item for item, causes in second.items() if causes} == {"i00", "i08"}
    by = second["i00"][0].evidence
    assert (by["modality"], by["chosen"], by["right"]) == (("image", "i08", "i00") if found else ("text", "i08", "i00"))


def test_texts_that_differ_in_punctuation_alone_are_both_right(tmp_path: Path, kept: Store) -> None:
    run = aligned(copied(tmp_path, 1.2), kept)
    query = find_errors(run, store=kept, direction="image->text").report()["queries"][0]
    assert query["id"] in ("i00", "i08") and query["chosen"]["text"] != query["right"]["text"]
    cause = next(cause for cause in query["causes"] if cause["name"] == "second_right_answer")
    assert cause["confidence"] == 1 and set(cause["evidence"]["texts"]) == {"A red Car!", "a red car"}


def test_a_missing_side_is_a_cause_where_a_right_answer_is_absent(kept: Store) -> None:
    rng = np.random.default_rng(1)
    words = rng.standard_normal((12, 6))
    pictures = np.vstack([words[::-1], words[:1]])
    collection = given(pictures, words)
    collection = replace(collection, skipped=(Skipped("i03", "text", "it is empty"),))
    found = find_errors(aligned(collection, kept), store=kept)
    assert found.missing == (("i12", "text"),)
    causes = {
        (way, item): cause
        for way, part in found.directions.items()
        for item, row in zip(part.judgements.queries.ids, part.causes)
        for cause in row
        if cause.name == "missing_modality"
    }
    assert causes["image->text", "i03"].evidence == {"id": "i03", "modality": "text", "reason": "it is empty"}
    assert causes["image->text", "i03"].confidence == 0.5 and len(causes) == 1
    alone = replace(collection, skipped=())
    sets = dict(alone.vectors)
    sets["image"] = sets["image"].take([*range(11), 12])
    part = find_errors(aligned(replace(alone, vectors=sets), kept), store=kept, direction="text->image")
    (only,) = [c for row in part.directions["text->image"].causes for c in row if c.name == "missing_modality"]
    assert only.evidence == {"id": "i12", "modality": "text", "without": 1, "n": 12}


class _Short(CauseFinder):
    """A finder with a defect: it forgets a query."""

    name = "short"
    summary = "forgets a query"

    def find(self, context: Context) -> list[Cause | None]:
        return [None] * (len(context.judgements) - 1)


def test_a_finder_that_forgets_queries_is_not_passed_over(
    run: Run, kept: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = find_errors(run, store=kept, direction="image->text").directions["image->text"]
    monkeypatch.setattr(CAUSES, "create", lambda name: _Short())
    with pytest.raises(ValueError, match="zip"):
        causes_of(Context(run.collection, part.judgements, run.scores(*PAIR)), ["short"])


def test_causes_come_likeliest_first_and_are_found_once_a_run(
    run: Run, kept: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = find_errors(run, store=kept)
    for part in found.directions.values():
        for causes in part.causes:
            assert [c.confidence for c in causes] == sorted((c.confidence for c in causes), reverse=True)
    monkeypatch.setattr("mmalign_core.workflow.error_analysis.errors.judge_all", lambda *_, **__: 1 / 0)
    assert find_errors(run, store=kept).report() == found.report()
    other = replace(run, choices=replace(run.choices, correction="csls"))
    with pytest.raises(ZeroDivisionError):
        find_errors(other, store=kept)


def test_cells_of_the_table_never_become_formulas(run: Run, kept: Store) -> None:
    found = find_errors(run, store=kept, direction="text->image")
    rows = list(csv.DictReader(io.StringIO(found.csv().decode("utf-8"))))
    assert len(rows) == N == len(found.table()) and any("ü" in row["text"] for row in rows)
    for row, query in zip(rows, found.report()["queries"]):
        risky = query["text"][0] in "=+-@"
        assert row["text"] == ("'" if risky else "") + query["text"]
        assert float(row["margin"]) == pytest.approx(query["margin"]) and row["id"] == query["id"]
        assert row["causes"] == "; ".join(cause["name"] for cause in query["causes"])


def test_too_few_pairs_have_no_suspicion_rather_than_none_of_it(kept: Store) -> None:
    rows = np.random.default_rng(0).standard_normal((12, 4))
    found = find_errors(aligned(given(rows, rows + 0.1), kept), store=kept)
    assert {query["suspicion"] for query in found.report()["queries"]} == {None}
    assert {row["suspicion"] for row in csv.DictReader(io.StringIO(found.csv().decode("utf-8")))} == {""}
    assert any("suspicion of wrong pairs needs" in note for note in found.notes)


def test_a_run_without_measured_pairs_says_so(kept: Store) -> None:
    rows = np.random.default_rng(0).standard_normal((20, 4))
    sets = {
        "image": EmbeddingSet("image", tuple(f"a{k}" for k in range(20)), tuple(map(str, range(20))), rows, "given@1"),
        "text": EmbeddingSet("text", tuple(f"b{k}" for k in range(20)), tuple(map(str, range(20))), rows, "given@1"),
    }
    apart = Collection("apart", pd.DataFrame(index=[*sets["image"].ids, *sets["text"].ids]), (), vectors=sets)
    with pytest.raises(BadInput, match=r"has no measured pairs \(no item has both image and text\)"):
        find_errors(aligned(apart, kept), store=kept)


def test_folds_join_in_the_rows_of_the_run(run: Run, kept: Store) -> None:
    folded = aligned(run.collection, kept, aligner="procrustes", folds=4)
    found = find_errors(folded, store=kept, held_out=True)
    judged: Judgements = found.directions["image->text"].judgements
    assert len(judged) == N and set(judged.fold) == {1, 2, 3, 4}
    assert float((judged.rank <= 5).mean()) == pytest.approx(folded.report["metrics"]["image->text"]["recall@5"])

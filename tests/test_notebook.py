"""The face for notebooks: plain data in, a run with figures and reasons out."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mmalign_core as mm
from mmalign_core.aligners import ALIGNERS
from mmalign_core.data.in_memory import collection_from_arrays, collection_from_frame

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def views() -> dict[str, np.ndarray]:
    """Two views (200, 12) and (200, 9) of five shared dimensions, with a little noise."""
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(200, 5))
    return {
        "image": shared @ rng.normal(size=(5, 12)) + 0.1 * rng.normal(size=(200, 12)),
        "text": shared @ rng.normal(size=(5, 9)) + 0.1 * rng.normal(size=(200, 9)),
    }


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def run(views: dict[str, np.ndarray], store: Path) -> mm.AlignedRun:
    return mm.align(views, "cca", params={"dims": 5}, test=0.25, store=store)


def test_importing_takes_no_heavy_module() -> None:
    code = (
        "import sys, mmalign_core as mm; dir(mm); print(sorted({'torch','numpy','pandas','plotly'} & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_names_of_the_face_are_all_there() -> None:
    assert {"align", "load", "demo", "AlignedRun"} <= set(mm.__all__) <= set(dir(mm))
    assert all(getattr(mm, name) is not None for name in mm.__all__)
    with pytest.raises(AttributeError, match="no attribute 'alignn'"):
        _ = mm.alignn


def test_arrays_in_measures_out(run: mm.AlignedRun) -> None:
    assert (run.report.split, run.report.n_train, run.report.n_test) == ("test 0.25", 150, 50)
    assert list(run.metrics) == ["image->text", "text->image"]
    assert run.metrics["image->text"]["recall@1"] == run.recall(1) == run.report.directions["image->text"].recall[1]
    assert run.recall(1, "text->image") > 0.9
    assert run.recall(1).n == 50 and run.recall(1).low <= run.recall(1) <= run.recall(1).high
    assert run.report.baseline["image->text"].recall[1] < 0.2
    assert run.space["image"].vectors.shape == (200, 5)


def test_measures_agree_with_what_the_command_line_prints(run: mm.AlignedRun) -> None:
    assert run.report.json["metrics"]["image->text"]["mrr"] == run.report.direction().mrr
    assert run.report.json["ci95"]["image->text"]["mrr"] == [
        run.report.direction().mrr.low,
        run.report.direction().mrr.high,
    ]


def test_repr_shows_split_interval_and_n(run: mm.AlignedRun) -> None:
    assert repr(run).startswith("AlignedRun(cca, image->text, 200 items, split: test 0.25, recall@1 ")
    assert "95%" in repr(run) and "n = 50" in repr(run)
    assert "<table" in run._repr_html_() and "test 0.25" in run._repr_html_()


def test_an_aligner_with_its_parameters_is_taken(views: dict[str, np.ndarray], store: Path) -> None:
    own = mm.align(views, ALIGNERS.get("cca")(dims=3), store=store)
    assert own.aligner.params["dims"] == 3
    assert own.space["text"].vectors.shape == (200, 3)


def test_without_an_aligner_known_pairs_are_used(views: dict[str, np.ndarray], store: Path) -> None:
    assert mm.align(views, store=store).report.aligner == "relative"


def test_figures(run: mm.AlignedRun) -> None:
    heat = run.plot_similarity(items=10)
    assert np.shape(heat.data[0].z) == (10, 10)
    assert sum(len(trace.x) for trace in run.plot_map().data if trace.mode == "markers") == 400
    with pytest.raises(mm.BadInput, match="no column 'colour'"):
        run.plot_map(colour="colour")


def test_recommendations_are_a_sequence_and_a_table(run: mm.AlignedRun) -> None:
    found = run.recommend(item="3", k=4)
    assert len(found) == 4 and found[0].rank == 1 and "3" not in found.ids
    assert list(found.table["id"]) == list(found.ids)
    np.testing.assert_allclose(found.table[["image", "text"]].sum(axis=1), found.table["score"], rtol=1e-4)
    with pytest.raises(mm.BadInput):
        run.recommend("a sea animal")


def test_reasons_of_a_pair_sum_to_its_score(run: mm.AlignedRun) -> None:
    reasons = run.explain("3", "3")
    assert reasons.contributions["value"].sum() == pytest.approx(reasons.score, abs=1e-5)
    assert reasons.method == "components" and "image:3 and text:3" in repr(reasons)
    assert run.explain("text:3", ("image", "7")).details.a.modality == "text"


def test_a_saved_run_opens_as_it_was(run: mm.AlignedRun, store: Path, tmp_path: Path) -> None:
    folder = run.save(tmp_path / "run")
    again = mm.load(folder, store=store)
    assert again.metrics == run.metrics
    np.testing.assert_array_equal(again.space["image"].vectors, run.space["image"].vectors)


def test_the_demo_answers_a_typed_text() -> None:
    demo = mm.demo()
    run = mm.align(demo, "bridge")
    assert run.recommend("a sea animal", k=5)[0].id == "dolphin"


def test_a_data_frame_is_read_as_a_manifest(views: dict[str, np.ndarray], store: Path) -> None:
    frame = pd.DataFrame(
        {"text": [f"text {i}" for i in range(200)], "image_vector": list(views["image"]), "year": 1999}
    )
    frame.index = pd.Index([f"item {i}" for i in range(200)])
    collection = collection_from_frame(frame)
    assert collection.ids[:2] == ("item 0", "item 1")
    assert collection.modalities == ("text", "image") and list(collection.items) == ["year"]
    np.testing.assert_array_equal(collection.vectors["image"].vectors, views["image"].astype(np.float32))


def test_texts_and_paths_stand_beside_vectors(tmp_path: Path, views: dict[str, np.ndarray]) -> None:
    (tmp_path / "a.txt").write_text("unused")
    collection = collection_from_arrays({"image": views["image"][:3], "text": ["one", None, "three"]}, ids=[7, 8, 9])
    assert collection.ids == ("7", "8", "9")
    assert [(m.item, m.text) for m in collection.media] == [("7", "one"), ("9", "three")]
    assert collection.vectors["image"].ids == ("7", "8", "9")


@pytest.mark.parametrize(
    ("data", "options", "line"),
    [
        ({}, {}, "there is no data"),
        ({"picture": np.ones((3, 2))}, {}, "'picture' is no modality; use the keys text, image, audio, video"),
        ({"image": np.ones((3, 2))}, {}, "holds image alone; an alignment needs two modalities"),
        ({"image": np.ones((3, 2)), "text": np.ones((4, 2))}, {}, "3 of image, 4 of text; give as many of each"),
        ({"image": np.ones(3), "text": np.ones((3, 2))}, {}, r"an array of shape \(3,\)"),
        ({"image": np.full((3, 2), np.nan), "text": np.ones((3, 2))}, {}, "row 0 holds NaN or infinity"),
        ({"image": [[1, 2], [3]], "text": np.ones((2, 2))}, {}, "neither numbers of one width nor texts"),
        ({"image": np.ones((3, 2)), "text": np.ones((3, 2))}, {"ids": ["a", "b", "a"]}, "'a' stands twice"),
        ({"image": np.ones((3, 2)), "text": np.ones((3, 2))}, {"tset": 0.2}, "no option 'tset'; choose from: pair"),
        (42, {}, "int is no collection"),
        (pd.DataFrame(), {}, "holds no rows"),
        (pd.DataFrame({"year": [1999]}), {}, "has no column text, image, audio or video"),
        ("no such folder", {}, "does not exist"),
    ],
)
def test_bad_data_is_one_line_with_a_cure(data: object, options: dict[str, object], line: str, tmp_path: Path) -> None:
    with pytest.raises(mm.BadInput, match=line):
        mm.align(data, "cca", store=tmp_path, **options)


def test_data_of_one_modality_are_asked_without_an_alignment(store: Path, tmp_path: Path) -> None:
    captions = ["a dog on a beach", "a whale in the sea", "a red car", "a sailing boat"]
    run = mm.align({"text": captions}, ids=["dog", "whale", "car", "boat"], store=store)
    assert run.recommend("an animal that lives in the sea", k=1).ids == ("whale",)
    assert repr(run) == "AlignedRun(as-is, text, 4 items, split: none, nothing measured)"
    assert not run.metrics and run.metrics.table.empty and run.report.aligner == "as-is"
    with pytest.raises(mm.BadInput, match="nothing was measured: the run holds text alone"):
        run.recall(1)
    with pytest.raises(mm.BadInput, match="no alignment to save"):
        run.save(tmp_path / "run")
    with pytest.raises(mm.BadInput, match="an alignment needs two modalities"):
        mm.align({"text": captions}, "cca", store=store)


def test_a_pair_a_class_and_row_numbers_are_taken_as_a_person_writes_them(
    views: dict[str, np.ndarray], store: Path
) -> None:
    run = mm.align(views, ALIGNERS.get("cca"), pair="text:image", store=store)
    assert run.run.choices.pair == ("text", "image")
    assert run.explain(3, 3).score == run.explain("text:3", "image:3").score


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"pair": ("image", "image")}, "name two different modalities"),
        ({"pair": "image"}, "name two different modalities"),
        ({"ids": [None] * 200}, "ids, row 0: the id is missing"),
    ],
)
def test_pairs_and_ids_that_name_nothing_are_refused(
    change: dict[str, object], line: str, views: dict[str, np.ndarray], store: Path
) -> None:
    with pytest.raises(mm.BadInput, match=line):
        mm.align(views, "cca", store=store, **change)


def test_complex_numbers_are_refused_and_half_precision_is_read(views: dict[str, np.ndarray]) -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(mm.BadInput, match="image: the numbers are complex"):
        collection_from_arrays({"image": views["image"] + 1j})
    read = collection_from_arrays({"image": torch.tensor(views["image"]).bfloat16()})
    np.testing.assert_allclose(read.vectors["image"].vectors, views["image"], rtol=0.01, atol=0.01)

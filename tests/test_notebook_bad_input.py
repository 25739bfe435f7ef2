"""The face for notebooks answers what it cannot use in one line with a cure, before any long work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.sparse import csr_matrix

import mmalign_core as mm
from mmalign_core.aligners import ALIGNERS
from mmalign_core.data.in_memory import collection_from_frame
from mmalign_core.store import Store
from mmalign_core.workflow import Choices, encode, encoded_run, save_run

RNG = np.random.default_rng(0)
VIEWS = {"image": RNG.normal(size=(30, 4)), "text": RNG.normal(size=(30, 3))}
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"folds": 2.5}, "folds=2.5: give a whole number"),
    ({"folds": True}, "folds=True: give a whole number"),
    ({"seed": "x"}, "seed='x': give a whole number"),
    ({"seed": None}, "seed=None: give a whole number"),
    ({"test": "some"}, "test='some': give a share between 0 and 1"),
    ({"params": [1]}, r"params=\[1\]: give names and values"),
    ({"params": {1: 2}}, r"params=\{1: 2\}: give names and values"),
    ({"matcher_params": 3}, "matcher_params=3: give names and values"),
    ({"similarity": None}, "similarity=None: give its name"),
    ({"correction": ["csls"]}, r"correction=\['csls'\]: give its name"),
    ({"matcher": 7}, "matcher=7: give its name"),
    ({"fold_column": 1}, "fold_column=1: give the name of a metadata column"),
    ({"similarity": "cosin"}, "unknown similarity 'cosin'.*did you mean 'cosine'"),
    ({"params": {"dim": 3}}, "unknown parameter 'dim'"),
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> mm.AlignedRun:
    return mm.align(VIEWS, "cca", params={"dims": 2}, store=tmp_path_factory.mktemp("store"))


@pytest.mark.parametrize(("choices", "line"), WRONG)
def test_a_choice_of_another_type_or_name_is_one_line(choices: dict[str, Any], line: str, tmp_path: Path) -> None:
    with pytest.raises(mm.BadInput, match=line) as error:
        mm.align(VIEWS, "cca", store=tmp_path / "store", **choices)
    assert "\n" not in str(error.value) and not (tmp_path / "store").exists(), "said before anything is encoded"
    with pytest.raises(mm.BadInput, match=line):
        Choices(**{"aligner": "cca", **choices}).check()


@pytest.mark.parametrize(
    "pair", ["image:text", ("image",), ("image", 3), 3, None, {"image", "text"}, {"image": 1, "text": 2}]
)
def test_a_pair_that_is_none_is_one_line(pair: Any) -> None:
    with pytest.raises(mm.BadInput, match="give two modalities"):
        Choices(pair=pair).check()


def test_an_aligner_beside_parameters_that_are_none_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(mm.BadInput, match=r"params=\[1\]: give names and values"):
        mm.align(VIEWS, ALIGNERS.create("cca"), params=[1], store=tmp_path)  # pyright: ignore[reportArgumentType]
    with pytest.raises(mm.BadInput, match="aligner=3: give its name"):
        mm.align(VIEWS, 3, store=tmp_path)  # pyright: ignore[reportArgumentType]
    with pytest.raises(mm.BadInput, match="pair=5: name two different modalities"):
        mm.align(VIEWS, "cca", pair=5, store=tmp_path)  # pyright: ignore[reportArgumentType]


def test_numbers_of_numpy_are_choices(tmp_path: Path) -> None:
    own = mm.align(VIEWS, "cca", store=tmp_path, params={"dims": 2}, folds=np.int64(3), seed=np.int32(1))
    assert own.report.split == "3 folds" and own.report.seed == 1


def test_vectors_under_the_name_of_a_modality_are_vectors(tmp_path: Path) -> None:
    frame = pd.DataFrame({"image": list(VIEWS["image"]), "text": VIEWS["text"].tolist(), "year": 1999})
    collection = collection_from_frame(frame)
    assert collection.modalities == ("text", "image") and not collection.skipped
    for modality, rows in VIEWS.items():
        np.testing.assert_array_equal(collection.vectors[modality].vectors, rows.astype(np.float32))
    assert mm.align(frame, "cca", store=tmp_path).space["image"].ids[0] == "1"
    with pytest.raises(mm.BadInput, match=r"'image' and 'image_vector' .*both hold vectors; leave one out"):
        collection_from_frame(frame.assign(image_vector=frame["image"]))


IMAGES, TEXTS = VIEWS["image"], VIEWS["text"]
FRAME = pd.DataFrame(IMAGES)
NEITHER: list[tuple[Any, Any, str]] = [
    (csr_matrix(IMAGES), TEXTS, r"image: the rows are sparse; .* rows.toarray\(\)"),
    (np.ma.masked_array(IMAGES, np.arange(120).reshape(30, 4) == 9), TEXTS, "image: row 2 holds masked numbers; fill"),
    (
        [Image.new("RGB", (8, 8))] * 30,
        TEXTS,
        "image: a list of Image; pictures are read from files: save them, and give",
    ),
    (
        np.zeros((30, 8, 8, 3), np.uint8),
        TEXTS,
        r"image: an array of shape \(30, 8, 8, 3\); pictures are read from files",
    ),
    (FRAME.assign(kind="x"), TEXTS, "image: the frame's column 'kind' holds no numbers; leave it out"),
    (
        FRAME,
        pd.DataFrame(TEXTS).sample(frac=1, random_state=0),
        "image and text have the same labels in another",
    ),
    (IMAGES, "a dog", "text: one text, 'a dog'; give a list with one for each item"),
]


@pytest.mark.parametrize(("images", "texts", "line"), NEITHER, ids=[line[:26] for *_, line in NEITHER])
def test_what_looks_like_rows_and_is_not_names_its_cure(images: Any, texts: Any, line: str, tmp_path: Path) -> None:
    with pytest.raises(mm.BadInput, match=line) as error:
        mm.align({"image": images, "text": texts}, "cca", store=tmp_path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("dtype", ["U", object])
def test_texts_in_an_array_are_texts(dtype: Any, tmp_path: Path) -> None:
    run = mm.align({"text": np.array(["a dog", "a cat", "a red car"], dtype)}, store=tmp_path)
    assert run.recommend("a puppy", k=1).ids == ("0",)


def test_a_difference_to_what_is_no_run_is_one_line(run: mm.AlignedRun) -> None:
    with pytest.raises(mm.BadInput, match=r"str is no run; give one of mm.align\(…\), or mm.load"):
        run.difference("yesterday")  # pyright: ignore[reportArgumentType]


def test_a_query_that_is_an_array_is_one_line(run: mm.AlignedRun) -> None:
    for asked in (VIEWS["image"][0], [1.0, 2.0]):
        with pytest.raises(mm.BadInput, match="is not a text; ask by a text, a file's path or an id") as error:
            run.recommend(asked)  # pyright: ignore[reportArgumentType]
        assert "\n" not in str(error.value)
    assert len(run.recommend(item=3, k=2)) == 2


def test_a_run_is_saved_under_a_path(run: mm.AlignedRun) -> None:
    with pytest.raises(mm.BadInput, match="NoneType is no path; name a new folder"):
        run.save(None)  # pyright: ignore[reportArgumentType]


def test_a_notebook_shows_the_report_as_a_table(run: mm.AlignedRun) -> None:
    shown = run.report._repr_html_()
    assert "cca(dims=2" in shown and "split: none" in shown and "<table" in shown and "recall@1" in shown


def test_an_unnamed_parameter_names_the_class_and_what_it_takes() -> None:
    with pytest.raises(TypeError, match=r"the parameters of Cca by name: Cca\(\*, dims: int") as error:
        ALIGNERS.get("cca")(3)
    assert "Parametrised" not in str(error.value)


def test_a_saved_run_of_one_modality_opens(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    data = mm.align({"text": ["a dog", "a cat"]}, store=store)
    alone = encoded_run(data.collection, encode(data.collection, store=store))
    again = mm.load(save_run(alone, str(tmp_path / "run"), store=store), store=store)
    assert repr(again) == "AlignedRun(as-is, text, 2 items, split: none, nothing measured)"
    np.testing.assert_array_equal(again.space["text"].vectors, data.space["text"].vectors)

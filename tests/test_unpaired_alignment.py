"""Modalities that no item has both of: aligners that learn from no pairs still give one space, and nothing measured."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmalign_core.__main__ import main
from mmalign_core.data import read_collection
from mmalign_core.store import Store
from mmalign_core.types import BadInput
from mmalign_core.workflow import Choices, align, compare, encode, judge_in_space, similarity_block
from tests.dashboard import PAGES, dashboard_home, finish, opened, words_of
from tests.sample_files import sound, tone

PAIR = ("image", "audio")
MANY = 6


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Six captioned pictures and six captioned sounds; the store beside them."""
    root, rng = tmp_path_factory.mktemp("unpaired"), np.random.default_rng(0)
    rows = ["id,image,audio,text"]
    (root / "data").mkdir()
    for i in range(MANY):
        Image.fromarray(rng.integers(0, 255, (40, 40, 3)).astype(np.uint8)).save(root / "data" / f"{i}.png")
        (root / "data" / f"{i}.wav").write_bytes(sound(tone(1.0, 200 + 90 * i, 16_000), 16_000))
        rows += [f"p{i},{i}.png,,picture {i}", f"s{i},,{i}.wav,sound {i}"]
    (root / "data" / "manifest.csv").write_text("\n".join(rows))
    with dashboard_home(root):
        yield root / "data"


def test_the_space_is_made_kept_and_asked(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, run = str(folder / "manifest.csv"), str(tmp_path / "run")
    assert main(["align", data, "--pair", "image:audio", "--matcher", "threshold", "--save", run]) == 0
    assert "nothing to measure: no item has both image and audio" in capsys.readouterr().out
    assert main(["align", data, "--pair", "image:audio", "--json", "-"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["aligner"], report["n_test"], report["n_train"]) == ("bridge", 0, 0)
    assert report["metrics"] == report["ci95"] == report["baseline"] == report["space"] == {}
    assert report["unmeasured"] == "no item has both image and audio" and report["at_chance"] == []
    assert main(["recommend", run, "--item", "p1", "-k", "3", "--json", "-"]) == 0
    assert len(json.loads(capsys.readouterr().out)["items"]) == 3
    assert main(["project", run, "--out", str(tmp_path / "map.parquet")]) == 0
    assert main(["explain", run, "--a", "image:p1", "--b", "audio:s2"]) == 0


def test_the_space_is_that_of_the_same_aligner_beside_texts(folder: Path) -> None:
    """A bridge needs no pairs: what it makes of pictures and sounds does not depend on which pair was asked for."""
    store, collection = Store(folder.parent / "home"), read_collection(folder / "manifest.csv")
    encoding = encode(collection, store=store)
    alone, beside = (
        align(collection, encoding, Choices(pair=pair), store=store).result.space for pair in (PAIR, ("image", "text"))
    )
    assert len(alone["image"]) == len(alone["audio"]) == MANY
    for modality in PAIR:
        np.testing.assert_allclose(alone[modality].vectors, beside[modality].vectors, atol=1e-5)


def test_similarities_and_decisions_are_shown(folder: Path) -> None:
    store, collection = Store(folder.parent / "home"), read_collection(folder / "manifest.csv")
    run = align(collection, encode(collection, store=store), Choices(pair=PAIR), store=store)
    assert similarity_block(run, *PAIR).scores.shape == (MANY, MANY)
    assert not similarity_block(run, *PAIR).right.any() and len(judge_in_space(run, *PAIR)) == 0


@pytest.mark.parametrize("more", [{"test": 0.2}, {"folds": 2}, {"aligner": "ridge"},
                                  {"matcher": "threshold", "matcher_params": {"suggested": True}}])  # fmt: skip
def test_what_needs_pairs_says_so_before_any_fit(folder: Path, more: dict) -> None:
    store, collection = Store(folder.parent / "home"), read_collection(folder / "manifest.csv")
    encoding, choices = encode(collection, store=store), Choices(pair=PAIR, **more)
    for work in (
        lambda: align(collection, encoding, choices, store=store),
        lambda: compare(collection, encoding, [choices], store=store),
    ):
        with pytest.raises(BadInput, match="has both image and audio: nothing can be held out or measured"):
            work()


@pytest.mark.parametrize("page", PAGES)
def test_no_page_breaks_on_it(folder: Path, page: str) -> None:
    link = json.dumps({"pair": list(PAIR), "aligner": "bridge"})
    app = opened(folder / "manifest.csv", page, run=link, item="p1")
    assert not app.exception, [e.message for e in app.exception]


def test_the_form_offers_it_last_and_aligns_it(folder: Path) -> None:
    app = opened(folder / "manifest.csv", "align")
    menu = app.selectbox(key="align.pair")
    assert menu.options[-1] == "image ↔ audio · no item has both" and len(menu.options) == 3
    menu.set_value(PAIR).run()
    app.button(key="align.go").click().run()
    finish()
    app.run()
    assert not app.exception and not app.error, [e.value for e in app.error]
    assert "no item has both image and audio" in words_of(app) + "".join(note.value for note in app.info)

"""Parameters of an encoder from the command line to saved runs: each choice has vectors of its own."""

from pathlib import Path

import numpy as np
import pytest

from mmalign_core.__main__ import main
from mmalign_core.data import read_collection
from mmalign_core.encoders.batched.instances import encoder_of
from mmalign_core.store import Store
from mmalign_core.types import BadInput
from mmalign_core.workflow import Choices, QuerySpec, align, answer, encode, load_run, recommend, save_run
from mmalign_core.workflow.explanation.answers import explain_recommendation
from mmalign_core.workflow.export.answer_page import as_html
from tests.sample_files import colours, film, write

FEWER = "video-frames[most=1]:colour-gradient"
SHADES = {"red": (200, 20, 20), "green": (20, 200, 20), "blue": (20, 20, 200), "sun": (220, 220, 20)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four films of two colours with a text each."""
    found = write(tmp_path / "films", {f"{name}.txt": f"a {name} film" for name in SHADES})
    for name, shade in SHADES.items():
        film(found / f"{name}.mp4", colours((120, 120, 120), shade))
    return found


def test_two_choices_are_two_sets_of_vectors(folder: Path, tmp_path: Path) -> None:
    store, collection = Store(tmp_path / "store"), read_collection(folder)
    every = encode(collection, {"video": "video-frames:colour-gradient"}, store=store)
    assert encode(collection, {"video": FEWER}, store=store).by_modality["video"] == {"encoded": 4, "reused": 0}
    fewer = encode(collection, {"video": "video-frames[ most = 1 ]:colour-gradient"}, store=store)
    assert fewer.by_modality["video"] == {"encoded": 0, "reused": 4}
    assert fewer.encoders["video"].startswith(f"{FEWER}@") != every.encoders["video"].startswith(f"{FEWER}@")
    assert not np.allclose(fewer.sets["video"].vectors, every.sets["video"].vectors, atol=0.01)
    assert encoder_of(fewer.encoders["video"], "video").params["most"] == 1
    assert {fewer.encoders["video"], every.encoders["video"]} <= set(store.size())


def test_a_saved_run_answers_videos_as_its_own_were_read(folder: Path, tmp_path: Path) -> None:
    store, collection = Store(tmp_path / "store"), read_collection(folder)
    encode(collection, {"video": "video-frames:colour-gradient"}, store=store)
    choices = Choices(pair=("video", "text"), aligner="ridge")
    save_run(
        align(collection, encode(collection, {"video": FEWER}, store=store), choices, store=store), "few", store=store
    )
    run = load_run("few", store=store)
    assert run.encoders["video"].startswith(f"{FEWER}@")
    found = answer(run, QuerySpec.of(video=str(folder / "green.mp4"), k=2), store=store)
    own = run.result.space["video"]
    signal = found.placed.parts[0].signal
    assert signal is not None
    np.testing.assert_allclose(signal.points["video"], own.vectors[own.ids.index("green")], atol=1e-5)
    assert found.results[0].id == "green" and recommend(run, QuerySpec.of(text="a red film"), store=store)
    why = explain_recommendation(run, found, "green", store=store)
    drawn = [each.map for each in why.maps if each.map.modality == "video"]
    assert drawn and all(len(each.parts) == 1 for each in drawn), "one frame was read, and one is asked"
    assert f"{FEWER}" in as_html(found, run=run, maps={"green": why})


def test_vectors_of_another_choice_do_not_compare(folder: Path, tmp_path: Path) -> None:
    key = encode(read_collection(folder), {"video": FEWER}, store=Store(tmp_path / "store")).encoders["video"]
    with pytest.raises(BadInput, match=r"\[most=2\].* has changed since"):
        encoder_of(key.replace("most=1", "most=2").replace("@2-", "@1-"), "video")


def test_the_command_line_takes_them_or_says_why_not(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["encode", str(folder), "--store", str(tmp_path / "store"), "--encoder"]
    for wrong, words in {
        "video=video-frames[most=0]": "most: '0' is outside 1 to 10000",
        "video=video-frames[most=8": "bracket is not closed",
        "text=bag-of-words[n=1]": "bag-of-words takes: long_texts",
    }.items():
        assert main([*line, wrong]) == 2
        told = capsys.readouterr().err
        assert words in told and told.count("\n") == 1
    assert not (tmp_path / "store").exists(), "before any work"
    assert main([*line, f"video={FEWER}"]) == 0
    assert main(["list", "encoders"]) == 0 and "[most=32,per_second=1]" in capsys.readouterr().out

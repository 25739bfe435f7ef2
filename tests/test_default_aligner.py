"""The default aligner is the same on the command line, from Python and in the dashboard."""

import json
from pathlib import Path

import numpy as np
import pytest

from mmalign_core.__main__ import main
from mmalign_core.store import Store
from mmalign_core.types import Collection
from mmalign_core.workflow import align, encode, open_collection
from mmalign_core.workflow.menus.default_aligner import default_aligner
from pages._session.view_spec import complete
from tests.tiny_clip import TEXTS, mixed_pictures, saved

PAIR = ("image", "text")


def given(path: Path, widths: tuple[int, int]) -> str:
    """Twenty items whose texts' vectors are part of their pictures'."""
    image = np.random.default_rng(0).normal(size=(20, widths[0])).astype(np.float32)
    text = image[:, : widths[1]] if widths[1] <= widths[0] else np.pad(image, ((0, 0), (0, widths[1] - widths[0])))
    np.savez(path, ids=np.array([f"i{n}" for n in range(20)]), image=image, text=text)
    return str(path)


@pytest.mark.parametrize(("widths", "aligner"), [((8, 8), "as-is"), ((8, 6), "relative")])
def test_given_vectors_are_aligned_without_naming_an_aligner(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], widths: tuple[int, int], aligner: str
) -> None:
    data, store = given(tmp_path / "clip.npz", widths), Store(tmp_path / "store")
    assert main(["align", data, "--store", str(store.root), "--json", "-"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["aligner"], report["aligner_by"]) == (aligner, "default")
    assert min(way["recall@10"] for way in report["metrics"].values()) > 0.7
    assert main(["align", data, "--store", str(store.root)]) == 0
    assert capsys.readouterr().out.startswith(f"aligner: {aligner}, the default for these encoders")
    collection = open_collection(data)
    assert align(collection, encode(collection, store=store), store=store).report["aligner"] == aligner
    assert complete({}, collection)["aligner"] == aligner


def test_towers_that_share_a_space_are_taken_as_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = saved(tmp_path / "clip")
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    rows = [f"{i},{path},{TEXTS[i % 3]} {i}" for i, path in enumerate(mixed_pictures(pictures))]
    (tmp_path / "items.csv").write_text("\n".join(["id,image,text", *rows]))
    line = ["align", str(tmp_path / "items.csv"), "--store", str(tmp_path / "store"), "--json", "-", "--encoder"]
    image, text = f"image=open-clip:local-dir:{folder}", f"text=open-clip:local-dir:{folder}"
    for more, aligner in (([image, "--encoder", text], "as-is"), ([image], "pivot"), ([text], "bridge")):
        assert main([*line, *more]) == 0
        assert json.loads(capsys.readouterr().out)["aligner"] == aligner


def test_a_named_aligner_and_its_parameters_are_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, store = given(tmp_path / "clip.npz", (8, 8)), ["--store", str(tmp_path / "store")]
    assert main(["align", data, "--aligner", "ridge", *store, "--json", "-"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["aligner"], report["aligner_by"]) == ("ridge", "name")
    assert main(["align", data, "--param", "reg=1", *store]) == 2
    assert "as-is takes: none" in capsys.readouterr().err


def test_the_demo_begins_with_the_bridge(demo: Collection) -> None:
    assert all(
        default_aligner(pair, {}, demo.vectors) == "bridge" for pair in (PAIR, ("audio", "text"), ("image", "audio"))
    )

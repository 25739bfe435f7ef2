"""The command line as a person uses it: exit codes, numbers as JSON and nothing else."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmalign_core.__main__ import main
from mmalign_core.aligners import ALIGNERS
from mmalign_core.types import Collection
from tests.toy_aligners import Stopped

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def demo_folder(demo: Collection) -> str:
    return str(Path(demo.media_of("image")[0].path or "").parents[1])


def run_json(capsys: pytest.CaptureFixture[str], *argv: str) -> dict | list:
    """Run a command with --json - and parse all of standard output."""
    assert main([*argv, "--json", "-"]) == 0
    return json.loads(capsys.readouterr().out)


def test_inspect_counts(capsys: pytest.CaptureFixture[str], demo_folder: str) -> None:
    report = run_json(capsys, "inspect", demo_folder)
    assert report["items"] >= 300 and report["pairs"]["image:text"] >= 300 and report["pairs"]["audio:text"] >= 60
    assert report["skipped"] == [] and {"exact", "near"} <= set(report["duplicates"])


def test_encode_then_encode_again(capsys: pytest.CaptureFixture[str], demo_folder: str) -> None:
    first, second = (run_json(capsys, "encode", demo_folder) for _ in range(2))
    assert first["items"] == second["items"] and second["encoded"] == 0
    assert set(second["by_modality"]) == {"text", "image", "audio"} and second["peak_rss_mb"] > 0


def test_align_project_recommend(capsys: pytest.CaptureFixture[str], demo_folder: str, tmp_path: Path) -> None:
    run = str(tmp_path / "run")
    report = run_json(capsys, "align", demo_folder, "--pair", "audio:text", "--test", "0.3", "--save", run)
    assert report["pair"] == "audio:text" and report["split"] == "test 0.3" and report["family"] == "matching"
    assert report["seconds"]["read"] > 0
    out = tmp_path / "map.parquet"
    projected = run_json(capsys, "project", run, "--out", str(out))
    assert projected["rows"] == len(pd.read_parquet(out)) and {"item", "modality", "x", "y"} <= set(
        pd.read_parquet(out)
    )
    found = run_json(capsys, "recommend", run, "--query-text", "a ringing bell", "-k", "3")
    assert [row["rank"] for row in found["items"]] == [1, 2, 3]
    assert all(abs(sum(row["contributions"].values()) - row["score"]) < 1e-5 for row in found["items"])


@pytest.fixture
def vectors_file(tmp_path: Path) -> str:
    """A manifest of given vectors: every text near its picture, with a year."""
    rng = np.random.default_rng(0)
    image = rng.normal(size=(60, 6)).astype(np.float32)
    text = image + 0.5 * rng.normal(size=image.shape).astype(np.float32)
    years = [2000 + n // 6 for n in range(60)]
    ids = [f"i{n:02d}" for n in range(60)]
    frame = pd.DataFrame({"id": ids, "image_vector": list(image), "text_vector": list(text), "year": years})
    frame.to_parquet(tmp_path / "given.parquet")
    return str(tmp_path / "given.parquet")


def test_compare_gives_a_row_an_aligner_best_first(capsys: pytest.CaptureFixture[str], vectors_file: str) -> None:
    asked = ["compare", vectors_file, "--aligners", "ridge,as-is,bridge", "--time-column", "year", "--test", "0.2"]
    report = run_json(capsys, *asked, "--curve", "2", "--param", "ridge.reg=1")
    assert report["split"] == "test 0.2, the latest by 'year' (from 2008)" and report["n_test"] == 12
    assert [row["error"] is None for row in report["rows"]] == [True, True, False]
    first = report["rows"][0]
    assert set(first["seconds"]) >= {"fit"} and len(first["curve"]) == 2 and first["against_best"] == {}
    assert main(asked) == 0
    shown = capsys.readouterr().out.splitlines()
    assert "48 pairs fitted, 12 measured" in shown[0] and "image->text R@10" in shown[1]
    assert shown[-1].startswith("bridge") and "failed: " in shown[-1]


def test_numbers_at_chance_are_said_to_be(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    columns = {f"{m}_vector": list(rng.normal(size=(60, 6)).astype(np.float32)) for m in ("image", "text")}
    pd.DataFrame({"id": [f"i{n}" for n in range(60)], **columns}).to_parquet(tmp_path / "noise.parquet")
    data = str(tmp_path / "noise.parquet")
    assert run_json(capsys, "align", data, "--aligner", "as-is")["at_chance"] == ["image->text", "text->image"]
    assert main(["compare", data, "--aligners", "ridge", "--test", "0.3", "--param", "ridge.reg=1"]) == 0
    assert "(image->text at chance)" in capsys.readouterr().out


def test_rows_too_few_for_an_aligner_without_pairs_are_said_before_the_fit(
    capsys: pytest.CaptureFixture[str], vectors_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["align", vectors_file, "--aligner", "unpaired", "--param", "restarts=1", "--json", "-"]) == 0
    shown = capsys.readouterr()
    report = json.loads(shown.out)
    assert "60 rows of" in report["caution"] and report["start_kept"] is False
    assert "note: unpaired compares whole collections" in shown.err
    assert run_json(capsys, "align", vectors_file, "--aligner", "ridge")["caution"] == ""
    ALIGNERS.names()
    monkeypatch.setattr(ALIGNERS.get("unpaired"), "fit", lambda *given, **options: pytest.fail("said too late"))
    said: list[str] = []
    monkeypatch.setattr("builtins.print", lambda *words, **options: said.extend(map(str, words)))
    with pytest.raises(pytest.fail.Exception):
        main(["align", vectors_file, "--aligner", "unpaired"])
    assert any("unpaired compares whole collections" in words for words in said)


def test_a_stopped_comparison_gives_the_rows_that_are_done(
    capsys: pytest.CaptureFixture[str], vectors_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ALIGNERS.names()
    monkeypatch.setitem(ALIGNERS._members, Stopped.name, Stopped)
    assert main(["compare", vectors_file, "--aligners", "ridge,stopped,cca", "--test", "0.2", "--json", "-"]) == 130
    assert [row["aligner"] for row in json.loads(capsys.readouterr().out)["rows"]] == ["ridge"]


def test_compare_all_takes_whatever_can_take_the_pair(
    capsys: pytest.CaptureFixture[str], vectors_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = {name: ALIGNERS.get(name) for name in ("as-is", "bridge", "cnn", "procrustes", "ridge")}
    monkeypatch.setattr(ALIGNERS, "_members", few)
    report = run_json(capsys, "compare", vectors_file, "--aligners", "all", "--test", "0.2", "--param", "ridge.reg=1")
    assert {row["aligner"] for row in report["rows"]} == {"as-is", "procrustes", "ridge"}
    assert all(row["error"] is None for row in report["rows"])


def test_bench_finds_what_the_reference_finds(capsys: pytest.CaptureFixture[str]) -> None:
    report = run_json(capsys, "bench", "topk")
    assert report["same"] > 0.999 and set(report["seconds"]) == {"ours", "numpy"} and report["queries"] == 1_000


def test_list_every_kind(capsys: pytest.CaptureFixture[str]) -> None:
    for kind in ("encoders", "aligners", "similarities", "corrections", "matchers", "recommenders"):
        rows = run_json(capsys, "list", kind)
        keys = {"name", "family", "modalities", "needs_pairs", "transductive", "summary", "params"}
        assert rows and all(keys <= set(row) for row in rows)


def test_given_clip_vectors_give_the_published_numbers(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, shared_data: Path
) -> None:
    clip = np.load(shared_data / "clip_embeddings_coco500" / "features_clip.npy")
    ids = [f"{row:03d}" for row in range(clip.shape[1])]
    frame = pd.DataFrame({"id": ids, "image_vector": list(clip[0]), "text_vector": list(clip[1])})
    frame.to_parquet(tmp_path / "clip.parquet")
    report = run_json(capsys, "align", str(tmp_path / "clip.parquet"), "--aligner", "as-is")
    shown = {way: [round(100 * row[f"recall@{k}"], 1) for k in (1, 5, 10)] for way, row in report["metrics"].items()}
    assert shown == {"image->text": [55.2, 80.8, 89.2], "text->image": [50.6, 76.6, 86.2]}
    assert round(report["space"]["gap"], 3) == 0.851


def test_a_store_may_be_named_by_an_address(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        archive.writestr("cat.txt", "A cat")
    assert run_json(capsys, "encode", "data.zip", "--store", f"file://{tmp_path}/store")["encoded"] == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["data.zip", "store"]
    assert sorted(p.name for p in (tmp_path / "store").iterdir()) == [
        "collections",
        "embeddings",
        "media",
        "store.json",
    ]


def test_as_a_program_standard_output_is_json_alone(demo_folder: str) -> None:
    argv = [sys.executable, "-m", "mmalign_core", "encode", demo_folder, "--json", "-"]
    shown = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(shown.stdout)["encoded"] == 0

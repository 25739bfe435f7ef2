"""What a manifest brings beside media: vectors made elsewhere, and who met what."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmalign_core.data import read_collection
from mmalign_core.types import BadInput
from tests.manifests import write_csv, write_jsonl, write_parquet
from tests.sample_files import write


def test_given_vectors(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"id": "a", "text": "same", "image_vector": [1, 2, 3], "text_vector": [1, 0]},
        {"id": "b", "text": "same", "image_vector": [[1, 2, 4], [1, 2, 5]], "text_vector": [0, 1]},
        {"id": "nan", "text": "kept", "image_vector": [1, float("nan"), 3], "text_vector": [0, 1]},
        {"id": "short", "image_vector": [1, 2]},
        {"id": "words", "image_vector": ["x", "y", "z"], "text_vector": [1, 1]},
        {"id": "missing", "text": "no vector"},
    ]
    collection = read_collection(write_jsonl(tmp_path / "m.jsonl", rows))
    images, texts = collection.vectors["image"], collection.vectors["text"]
    assert images.ids == ("a", "b", "b") and images.vectors.shape == (3, 3) and images.encoder.startswith("given@")
    assert texts.ids == ("a", "b", "nan", "words") and texts.keys[0] == texts.keys[1] == collection.media[0].digest
    assert collection.ids == ("a", "b", "nan", "words", "missing")
    told = sorted((item, s.modality) for s in collection.skipped for item in s.items)
    assert told == sorted(
        [
            ("nan", "image"),
            ("short", "image"),
            ("short", "text"),
            ("words", "image"),
            ("missing", "image"),
            ("missing", "text"),
        ]
    )


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 5), st.integers(1, 4))
def test_given_vectors_round_trip(tmp_path_factory: pytest.TempPathFactory, count: int, dim: int) -> None:
    folder = tmp_path_factory.mktemp("vectors")
    values = np.random.default_rng(count).normal(size=(count, dim)).astype(np.float32)
    rows = [{"id": f"i{i}", "audio_vector": v.tolist()} for i, v in enumerate(values)]
    sets = [
        read_collection(writer(folder / name, rows)).vectors["audio"]
        for writer, name in ((write_csv, "m.csv"), (write_jsonl, "m.jsonl"), (write_parquet, "m.parquet"))
    ]
    assert all(np.array_equal(s.vectors, values) for s in sets) and len({s.digest for s in sets}) == 1


@pytest.mark.filterwarnings("error")
def test_vectors_too_large_for_float32_are_scaled_without_a_warning(tmp_path: Path) -> None:
    rows = [{"id": 1, "image_vector": [1e300, 0]}, {"id": 2, "image_vector": [1, 0]}]
    collection = read_collection(write(tmp_path, {"m.jsonl": "\n".join(map(json.dumps, rows))}) / "m.jsonl")
    first = collection.vectors["image"].vectors[0]
    assert collection.ids == ("1", "2") and first[0] > 0 and np.isfinite(first).all()


def test_interactions(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"m.csv": "id,text\n007,a\n8,b\n", "i.csv": "user_id,item_id,rating\n1,007,5\n1,8,\n2,9,1\n,8,1\n2,8,bad\n"},
    )
    collection = read_collection(tmp_path / "m.csv", interactions=tmp_path / "i.csv")
    frame = collection.interactions
    assert frame is not None and frame["item_id"].tolist() == ["007", "8"] and frame["user_id"].tolist() == ["1", "1"]
    assert frame["rating"][0] == 5 and np.isnan(frame["rating"][1])
    assert sorted(s.id for s in collection.skipped) == ["8", "8", "9"]
    dated = "user_id,item_id,timestamp\n1,8,1970-01-02\n1,8,86400\n1,8,1970-01-02T00:00:00+00:00\n1,8,soon\n"
    again = read_collection(tmp_path / "m.csv", interactions=write(tmp_path, {"d.csv": dated}) / "d.csv").interactions
    assert again is not None and again["timestamp"].tolist() == [86400.0] * 3
    with pytest.raises(BadInput, match="does not exist"):
        read_collection(tmp_path / "m.csv", interactions=tmp_path / "none.csv")
    with pytest.raises(BadInput, match="no column user_id and item_id"):
        read_collection(tmp_path / "m.csv", interactions=tmp_path / "m.csv")

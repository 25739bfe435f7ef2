"""Every number of a bundle is computed again, and what was changed in it is found."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from given_vectors import given

from mmalign_core.__main__ import main
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Media
from mmalign_core.workflow import (
    Choices,
    align,
    encoded_run,
    save_run,
)
from mmalign_core.workflow.bundles import pack_run
from mmalign_core.workflow.verification import verify_bundle
from tests.bundled_runs import changed_metric, packed, rewritten, with_media

SCORED = {"correction": "csls", "matcher": "hungarian"}


@pytest.mark.parametrize(
    "choices",
    [
        {"aligner": "cca", "test": 0.4},
        {"aligner": "procrustes", "folds": 3, **SCORED},
        {"aligner": "infonce-mlp", "test": 0.3, "correction": "nnn", "params": {"steps": 20}},
        {"aligner": "procrustes", "test": 0.4, "matcher": "threshold", "matcher_params": {"suggested": True}},
        {"aligner": "classic"},
    ],
    ids=lambda chosen: f"{chosen['aligner']}-{chosen.get('matcher', '')}",
)
def test_every_number_is_computed_again(tmp_path: Path, here: Store, choices: dict) -> None:
    collection, encoding = given(40)
    save_run(align(collection, encoding, Choices(**choices), store=here), "made", store=here)
    found = verify_bundle(packed("made", tmp_path / "made.zip", here))
    assert found.report() | {"checked": 0, "members": 0} == {
        "verified": True,
        "checked": 0,
        "differences": [],
        "not_checked": [],
        "members": 0,
        "tolerance": 1e-6,
    }
    assert found.checked > 150


def test_encoded_media_are_verified(media_zip: Path) -> None:
    found = verify_bundle(media_zip)
    assert found.verified, found.differences[:3]


def changed_interval(members: dict[str, bytes]) -> None:
    run = json.loads(members["run/run.json"])
    run["report"]["ci95"]["text->image"]["mrr"][1] -= 0.01
    members["run/run.json"] = json.dumps(run).encode()


def changed_vector(name: str, dtype: type = np.float32) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        content = bytearray(members[name])
        start = 8 + struct.unpack("<Q", content[:8])[0]
        numbers = np.frombuffer(content[start:], dtype).copy()
        numbers[0] += 0.05
        content[start:] = numbers.tobytes()
        members[name] = bytes(content)

    return change


def changed_title(members: dict[str, bytes]) -> None:
    with_media(members, Media("i0", "text", "0" * 32, text="another"))


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (changed_metric, "report.metrics.image->text.recall@10"),
        (changed_interval, "report.ci95.text->image.mrr[1]"),
        (changed_vector("encoded/0.safetensors"), "aligner.image["),
        (changed_vector("run/space/1.safetensors"), "aligner.text["),
        (changed_vector("run/state.safetensors", np.float64), "state."),
        (changed_title, "collection.digest"),
    ],
)
def test_what_was_changed_is_found(
    tmp_path: Path, vectors_zip: Path, capsys: pytest.CaptureFixture[str], change, name: str
) -> None:
    """The digests were mended too: only computing it again tells."""
    forged = rewritten(vectors_zip, tmp_path / "forged.zip", change)
    assert main(["verify", str(forged), "--json", str(tmp_path / "out.json")]) != 0
    assert "is not verified" in capsys.readouterr().err
    found = json.loads((tmp_path / "out.json").read_text())
    assert not found["verified"] and any(each["name"].startswith(name) for each in found["differences"])


def test_a_moved_map_is_found(tmp_path: Path, vectors_zip: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        content = members["map/map.safetensors"]
        start = 8 + struct.unpack("<Q", content[:8])[0]
        places = np.frombuffer(content[start:], np.float32).reshape(-1, 2)
        shuffled = np.random.default_rng(0).permutation(places)
        members["map/map.safetensors"] = content[:start] + shuffled.tobytes()

    found = verify_bundle(rewritten(vectors_zip, tmp_path / "forged.zip", change))
    assert {each.name for each in found.differences} == {"map.trustworthiness", "map.neighbour_overlap"}


def test_without_vectors_the_fit_is_not_called_verified(tmp_path: Path, vectors_zip: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        for name in [name for name in members if name.startswith("encoded/")]:
            del members[name]

    found = verify_bundle(rewritten(vectors_zip, tmp_path / "less.zip", change))
    assert not found.verified and not found.differences and "no vectors as encoded" in found.not_checked[0]


def test_a_run_of_one_modality_is_verified(tmp_path: Path, here: Store) -> None:
    collection, encoding = given(12)
    image = {"image": encoding.sets["image"]}
    alone = replace(collection, vectors=image, digest="")
    save_run(encoded_run(alone, replace(encoding, sets=image)), "alone", store=here)
    with (tmp_path / "alone.zip").open("wb") as file:
        pack_run("alone", file, store=here)
    assert verify_bundle(tmp_path / "alone.zip").verified


def test_a_bundle_that_does_not_say_what_was_held_out_is_not_measured_otherwise(
    tmp_path: Path, vectors_zip: Path
) -> None:
    def forget(members: dict[str, bytes]) -> None:
        run = json.loads(members["run/run.json"])
        del run["report"]["holding_out"]
        members["run/run.json"] = json.dumps(run).encode()

    with pytest.raises(BadInput, match="does not say which items it held out"):
        verify_bundle(rewritten(vectors_zip, tmp_path / "old.zip", forget))

"""Encoding in a process of its own: the vectors of this process, no model here, and whatever ends it is said."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest

from mmalign_core.encoders.batched import instances
from mmalign_core.encoders.classic.colour_gradient import ColourGradient
from mmalign_core.engines import process as module
from mmalign_core.engines.process import EncodingProcess
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Cancelled, Collection, Media, digest_bytes, no_progress
from mmalign_core.workflow import encode
from tests.sample_files import png

CHOSEN = {"text": "bag-of-words", "image": "colour-gradient"}


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Collection:
    """Three pictures, of which one is none; they are many enough."""
    monkeypatch.setattr(module, "FEWEST", 2)
    media = []
    for name, content in (("a", png(1)), ("b", png(2)), ("c", b"no picture")):
        path = tmp_path / f"{name}.png"
        path.write_bytes(content)
        media.append(Media(name, "image", digest_bytes(content), path=str(path)))
    return Collection("toy", pd.DataFrame(index=["a", "b", "c"]), media)


def children() -> list[psutil.Process]:
    return psutil.Process().children()


def apart(collection: Collection, store: Store, settings: Settings, progress=no_progress):
    with EncodingProcess(progress) as process:
        return encode(
            collection, CHOSEN, store=store, settings=settings, progress=progress,
            write=process.write_batches, load=process.load,
        )  # fmt: skip


def test_vectors_and_skips_are_those_of_this_process_and_no_model_is_here(
    pictures: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(root=tmp_path / "home")
    here = encode(pictures, CHOSEN, store=Store(tmp_path / "here"), settings=settings)
    with monkeypatch.context() as patch:
        patch.setattr(instances, "_asked", type(instances._asked)())
        patch.setattr(ColourGradient, "load", lambda self: pytest.fail("loaded in this process"))
        patch.setattr(ColourGradient, "encode", lambda self, views: pytest.fail("encoded in this process"))
        told: list[str] = []
        there = apart(pictures, Store(tmp_path / "there"), settings, lambda _, message: told.append(message))
    assert np.array_equal(here.sets["image"].vectors, there.sets["image"].vectors)
    assert here.sets["image"].ids == there.sets["image"].ids == ("a", "b")
    assert [(one.id, one.reason) for one in here.skipped] == [(one.id, one.reason) for one in there.skipped] != []
    assert any("image" in message for message in told) and not children()


def test_encoders_loaded_ahead_change_nothing_and_their_faults_are_raised_by_the_work(
    pictures: Collection, tmp_path: Path
) -> None:
    settings, store = Settings(root=tmp_path / "home"), Store(tmp_path / "store")
    with EncodingProcess(no_progress) as process:
        process.load_ahead({"image": "colour-gradient", "text": "bag-of-words", "audio": "no-such-encoder"}, settings)
        ways = {"write": process.write_batches, "load": process.load}
        found = encode(pictures, CHOSEN, store=store, settings=settings, **ways)
        assert len(children()) == 1
        process.end()
        assert not children()
        with pytest.raises(BadInput, match="no-such-encoder"):
            encode(pictures, {"image": "no-such-encoder"}, store=store, settings=settings, **ways)
    assert found.sets["image"].ids == ("a", "b")


def test_few_media_and_encoders_of_others_stay_here(pictures: Collection, tmp_path: Path) -> None:
    class Own(ColourGradient):
        loaded = 0

        def load(self) -> None:
            type(self).loaded += 1

    with EncodingProcess(no_progress) as process:
        process.load(Own(), 1_000)  # made here: another process does not know it
        process.load(ColourGradient(), 1)
        assert Own.loaded == 1 and not children()


def test_what_goes_wrong_there_is_raised_here(
    pictures: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, store = Settings(root=tmp_path / "home"), Store(tmp_path / "store")

    def cancel(fraction: float, message: str) -> None:
        raise Cancelled("no more")

    with pytest.raises(Cancelled, match="no more"):
        apart(pictures, store, settings, cancel)
    assert not children()

    class Newer(ColourGradient):
        version = "newer"

    Newer.__module__ = ColourGradient.__module__
    with EncodingProcess(no_progress) as process, pytest.raises(BadInput, match="has changed since it made"):
        process.load(Newer(), 1_000)


def test_a_process_that_is_ended_from_outside_is_said_and_what_it_wrote_stays(
    pictures: Collection, tmp_path: Path
) -> None:
    settings, store = Settings(root=tmp_path / "home"), Store(tmp_path / "store")

    def shoot(fraction: float, message: str) -> None:
        for child in children():
            os.kill(child.pid, 9)
            child.wait()

    with pytest.raises(BadInput, match="ended from outside"):
        apart(pictures, store, settings, shoot)
    found = apart(pictures, store, settings)
    assert found.sets["image"].ids == ("a", "b") and not children()

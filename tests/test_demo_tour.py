"""The tour of the demo: every step is computed from the run, and says what another way of counting finds too."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import Collection
from mmalign_core.workflow import Encoding, Finding, Run, align, demo_tour, open_planted_demo, tour_order
from mmalign_core.workflow.data import OWN, PLANTED, SWAPPED
from mmalign_core.workflow.demo_story import planted_items


@pytest.fixture(scope="module")
def settings(home: Path) -> Settings:
    return Settings(root=home)


@pytest.fixture(scope="module")
def run(demo: Collection, demo_encoding: Encoding, store: Store) -> Run:
    return align(demo, demo_encoding, store=store)


@pytest.fixture(scope="module")
def steps(run: Run, settings: Settings) -> dict[str, Finding]:
    told: list[Sequence[Finding]] = []
    found = demo_tour(run, store=Store(settings.root), settings=settings, watch=told.append)
    assert [len(part) for part in told] == [1, 2, 3, 4] and told[-1] == found
    return {step.kind: step for step in found}


def test_photographs_come_first_and_every_item_says_what_it_is(demo: Collection) -> None:
    kinds = list(demo.items["kind"])
    assert set(kinds) == {"photograph", "drawing"} and kinds == sorted(kinds, reverse=True)


def test_photographs_and_drawings_are_counted_apart(run: Run, steps: dict[str, Finding]) -> None:
    images, texts = run.sets("image", "text")
    scores = run.scores("image", "text").dense()
    right = np.array([list(texts.ids).index(item) for item in images.ids])
    found = (scores > scores[np.arange(len(right)), right][:, None]).sum(axis=1) < 10
    kinds = np.array([run.collection.items.at[item, "kind"] for item in images.ids])
    said = steps["kinds"].evidence
    for kind, name in (("photograph", "photographs"), ("drawing", "drawings")):
        assert said[name] == (found[kinds == kind].sum(), (kinds == kind).sum())
    assert f"for {said['photographs'][0]} of {said['photographs'][1]} photographs" in steps["kinds"].sentence


def test_queries_in_other_languages_find_pictures(steps: dict[str, Finding]) -> None:
    found, n = steps["languages"].evidence["found"], steps["languages"].evidence["n"]
    by_chance = n * 10 / 406
    assert set(found) == {"de", "zh"} and min(found.values()) > 3 * by_chance
    asked = steps["languages"].action["parts"][0]["value"]
    assert re.search(r"[\u4e00-\u9fff]", asked) and f"'{asked}'" in steps["languages"].sentence


def test_sounds_find_their_item_without_their_own_sound(run: Run, steps: dict[str, Finding]) -> None:
    said = steps["sounds"].evidence
    assert said["n"] == len(run.collection.media_of("audio")) and said["found"] > 3 * said["n"] * 10 / 406
    assert steps["sounds"].action["sound_of"] in run.collection.ids


def test_planted_pairs_are_the_exchanged_ones_and_are_found(
    demo: Collection, settings: Settings, steps: dict[str, Finding]
) -> None:
    copy = open_planted_demo(settings=settings)
    before, after = ({m.item: m.digest for m in one.media_of("text")} for one in (demo, copy))
    assert {item for item in before if before[item] != after[item]} == planted_items(copy)
    assert sorted(before.values()) == sorted(after.values()) and not copy.skipped
    assert set(copy.items[PLANTED]) == {OWN, SWAPPED} and copy.digest != demo.digest
    assert Path(next(iter(copy.media_of("image"))).path).is_file()
    said = steps["planted"].evidence
    assert said["planted"] == len(planted_items(copy)) == 41 and said["found"] > 3 * said["k"] * 41 / 406


def test_the_story_has_one_order(steps: dict[str, Finding]) -> None:
    headline, cause = Finding("headline", "h", 0.5), Finding("cause", "c", 0.3)
    told = [one.kind for one in tour_order([*reversed(steps.values()), cause, headline])]
    assert told == ["headline", "kinds", "cause", "languages", "sounds", "planted"]

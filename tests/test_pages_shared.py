"""What the pages share: links, choices, the results cache, uploads and text of users."""

import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image

from mmalign_core.data import read_collection
from mmalign_core.types import BadInput, Collection, Media
from mmalign_core.workflow import modality_pairs
from pages._components import errors
from pages._session import cache, media_cache, state
from pages._session.results_cache import ResultsCache
from pages._session.thumbnails import picture_thumbnail
from pages._session.view_spec import ViewSpec, as_choices, complete
from tests.dashboard import dashboard_home

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)


def collection(**modalities: list[str]) -> Collection:
    media = tuple(Media(item, m, f"{m}-{item}", text=item) for m, items in modalities.items() for item in items)
    ids = list(dict.fromkeys(medium.item for medium in media))
    return Collection("made", pd.DataFrame(index=pd.Index(ids, dtype=object)), media)


@hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # of a busy machine
@given(st.dictionaries(st.sampled_from(["data", "run", "map", "item"]), st.text(max_size=40) | JSON.map(json.dumps)))
def test_any_link_gives_a_state_that_can_be_used(query: dict[str, str]) -> None:
    view = state.from_query(query)
    spec = ViewSpec(view["source"], view["choices"], view["map"])
    assert spec.source["kind"] in ("demo", "folder", "upload", "run", "unknown")
    assert len({spec.collection_key, spec.run_key, spec.map_key}) == 3
    assert json.loads(json.dumps(view)) == view, "plain data only"
    assert set(view["map"]) <= {"dimensions", "n_neighbors", "min_dist", "seed"}


def test_a_link_keeps_what_is_ours_and_drops_the_rest() -> None:
    view = state.from_query({"run": '{"pair":["text","audio"],"evil":1}', "map": '{"dimensions":3,"seed":-1}'})
    assert view["choices"] == {"pair": ["text", "audio"]} and view["map"] == {"dimensions": 3}
    assert state.from_query({"data": "upload:../../etc"})["source"]["kind"] == "unknown"
    assert state.from_query({"run": "[" * 3000})["choices"] == {}


def test_a_folder_opened_anew_shares_nothing_with_what_it_was() -> None:
    before, after = (ViewSpec({"kind": "folder", "value": "x", "opened": when}) for when in ("1", "2"))
    assert not {before.collection_key, before.run_key, before.map_key} & {after.collection_key, after.run_key}


def test_pairs_are_those_some_item_has() -> None:
    assert modality_pairs(collection(text=["a", "b"], audio=["b"], image=["c"])) == (("audio", "text"),)
    with pytest.raises(BadInput, match="has two modalities"):
        complete({}, collection(text=["a"], image=["b"]))


def test_choices_become_the_workflows_own() -> None:
    choices, encoders = as_choices(
        {"seed": 4, "encoders": {"text": "minilm", "image": "x"}}, collection(text=["a"], audio=["a"])
    )
    assert choices.pair == ("audio", "text") and choices.seed == 4 and choices.aligner == "bridge"
    assert encoders == {"text": "minilm"}, "encoders of absent modalities are left out"


@hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # of a busy machine
@given(st.lists(st.integers(0, 9), max_size=40))
def test_the_shelf_keeps_the_most_recently_used(keys: list[int]) -> None:
    results = ResultsCache({"run": 3})
    for key in keys:
        results.put("run", str(key), key)
    recent = list(dict.fromkeys(reversed(keys)))
    assert all(results.get("run", str(key)) == key for key in recent[:3])
    assert all(results.get("run", str(key)) is None for key in recent[3:])


@hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # of a busy machine
@given(st.text(max_size=60))
def test_users_text_cannot_become_markup(text: str) -> None:
    shown = errors.plain(text)
    assert "<" not in shown and ">" not in shown
    for place, char in enumerate(shown):
        if char in "*_[]`$~":
            assert shown[place - 1] == "\\"


@pytest.mark.parametrize(
    "words", ["http://evil.example/x", "HTTPS://evil.example", "www.evil.example", "me@evil.example"]
)
def test_an_address_in_users_text_is_no_link(words: str) -> None:
    shown = errors.plain(f"see {words} now")
    assert "\u2060" in shown and shown.replace("\u2060", "").replace("\\", "") == f"see {words} now"
    assert errors.plain("use-multilingual@1") == "use-multilingual@1", "a name that is typed again stays as it is"


def test_an_error_is_one_sentence() -> None:
    assert errors.sentence("no file\n 'x'  here") == "No file 'x' here."


def test_media_of_a_renamed_folder_are_looked_for_where_they_lie_now(tmp_path: Path) -> None:
    with dashboard_home(tmp_path):
        (tmp_path / "a").mkdir()
        Image.new("RGB", (40, 40), "navy").save(tmp_path / "a" / "cat.png")
        (tmp_path / "a" / "cat.txt").write_text("A cat")
        before = read_collection(tmp_path / "a")
        (shown,) = cache.media_by_item(before)["cat"]["image"]
        (tmp_path / "a").rename(tmp_path / "b")
        assert media_cache.thumbnail(shown.digest, 20, shown.path or "") is None
        after = read_collection(tmp_path / "b")
        (moved,) = cache.media_by_item(after)["cat"]["image"]
        assert Path(moved.path or "") == tmp_path / "b" / "cat.png" and moved.digest == shown.digest
        assert media_cache.thumbnail(moved.digest, 20, moved.path or "") is not None
        assert cache.titles(after) == {"cat": "A cat"}


def test_thumbnails_tell_photographs_from_drawings(tmp_path: Path) -> None:
    Image.new("RGB", (300, 100), "white").save(tmp_path / "drawing.png")
    Image.new("RGB", (100, 300), "navy").save(tmp_path / "photo.png")
    drawing, photo = (picture_thumbnail(str(tmp_path / name), 60) for name in ("drawing.png", "photo.png"))
    assert drawing and photo and (drawing.look, photo.look) == ("drawing", "photo")
    assert (drawing.width, drawing.height) == (60, 20) and photo.uri.startswith("data:image/webp;base64,")
    assert picture_thumbnail(str(tmp_path / "gone.png"), 60) is None

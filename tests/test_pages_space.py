"""The Shared space page: colours, links, badges, a query on the map, and the metrics of the selection."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.dashboard import dashboard_home, opened, words_of
from tests.discs import N, write_discs


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("space")
    data = write_discs(root / "discs")
    with dashboard_home(root):
        yield data


def shown(app: AppTest) -> dict[str, Any]:
    """What the map was given: one layer, and the colours."""
    found = [json.loads(block.proto.json) for block in app.get("bidi_component") if block.proto.json]
    (given,) = [data for data in found if data.get("role") == "map"]
    return given["layers"][0] | {"colours": given["colours"], "said": given["said"]}


@pytest.mark.parametrize(("colour", "names"), [
    ("modality", {"image", "text"}), ("correctness", {"right", "wrong"}), ("kind", {"odd", "even"}),
    ("held out", {"held out", "not held out"}), ("rank", {"rank"}), ("times chosen", {"times chosen"}),
    ("margin", {"margin"}), ("cluster", {"none"}),
])  # fmt: skip
def test_points_are_coloured_by_what_the_run_answered(folder: Path, colour: str, names: set[str]) -> None:
    app = opened(folder, "space", colour=colour, run='{"pair":["image","text"],"test":0.25}')
    assert not app.exception and not app.error
    colours = shown(app)["colours"]
    scale = colours["scale"]
    assert names <= {group["name"] for group in colours["groups"]} | ({scale["title"]} if scale else set())


def test_only_the_selection_or_the_worst_pairs_are_linked(folder: Path) -> None:
    assert not shown(opened(folder, "space", item="i01"))["links"]
    given = shown(opened(folder, "space", sel='["i03","i05"]'))
    assert len(given["links"]) == 4 and sorted(given["links"]) == sorted(given["chosen"])
    assert given["said"] == "2 items selected"
    assert shown(opened(folder, "space", links="Worst pairs"))["links"]


def test_the_zoom_belongs_to_the_map_and_not_to_what_is_in_focus(folder: Path) -> None:
    first, second = (shown(opened(folder, "space", item=item)) for item in ("i01", "i02"))
    assert first["view"] == second["view"] and first["focus"] != second["focus"]
    assert first["places"] == second["places"], "a click sends no places"


def test_a_click_sends_addresses_and_another_colour_sends_no_places(folder: Path) -> None:
    app = opened(folder, "space", colour="kind", sel='["i03"]')
    given, other = shown(app), shown(opened(folder, "space", colour="rank"))
    assert given["places"] == other["places"] and given["numbers"] == other["numbers"]
    assert given["codes"] != other["codes"] and given["n"] == 2 * N
    assert max(len(block.proto.SerializeToString()) for block in app.get("bidi_component")) < 20_000


def test_badges_say_faithful_and_mixed_with_their_numbers(folder: Path) -> None:
    words = words_of(opened(folder, "space"))
    assert "The modalities mix less than by chance:" in words and "expected 51%" in words and f"n = {2 * N}" in words
    assert words.count("random map") >= 1


def test_typed_words_lie_on_the_map_with_their_answers(folder: Path) -> None:
    ask = json.dumps([["text", "a red disc", 1]])
    app = opened(folder, "space", ask=ask, **{"ask.map": "true"})
    assert not app.exception and not app.error
    query = shown(app)["query"]
    assert query["label"] == "a red disc" and len(query["answers"]) >= 10
    next(button for button in app.button if button.key == "space.answers").click().run()
    assert f"of the {N} others" not in words_of(app) and "10 selected items beside the 14 others" in words_of(app)


def test_a_selection_is_measured_beside_the_rest(folder: Path) -> None:
    assert "Nothing selected" in words_of(opened(folder, "space"))
    app = opened(folder, "space", sel='["i00","i01","i02","i03"]')
    table = next(table.value for table in app.dataframe if "n selected" in table.value)
    assert set(table["metric"]) == {"recall@1", "recall@10", "largest hub", "modality gap"}
    assert (table["n selected"] == 4).all() and (table["n rest"] == N - 4).all()


def test_a_map_in_space_turns(folder: Path) -> None:
    app = opened(folder, "space", map='{"dimensions":3}')
    given = shown(app)
    assert not app.exception and given["axes"] == 3 and len(given["span"]) == 3

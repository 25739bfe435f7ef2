"""The Recommend page: questions of every kind, answers, reasons, two side by side, and links that keep it all."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from mmalign_core.types import Collection
from mmalign_core.workflow import Run, fit_recommender
from mmalign_core.workflow.explanation import explain_recommendation
from mmalign_core.workflow.recommendation import answers
from mmalign_core.workflow.recommendation.queries import place_query
from pages._components.media import previews
from pages._panels.recommend import answer, controls, queries, reasons, results
from pages._panels.recommend.controls import Language
from pages._session import cache
from tests.circles import COLOURS, write_met_circles
from tests.dashboard import dashboard_home, finish, opened, words_of

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("recommend")
    write_met_circles(root)
    with dashboard_home(root):
        yield root


def query_link(*spec: tuple[str, str, float]) -> str:
    return json.dumps([list(part) for part in spec])


def shown(app: AppTest, key: str = "recommend.cards") -> list[dict[str, Any]]:
    """The cards as the page hands them to the gallery."""
    return component(app, key)["cards"]


def link(app: AppTest) -> list[Any]:
    """The parts of the query that the address holds."""
    found = app.query_params["ask"]
    return json.loads(found if isinstance(found, str) else found[0])


def component(app: AppTest, key: str) -> dict[str, Any]:
    """What a component of ours was given."""
    found = [json.loads(block.proto.json) for block in app.get("bidi_component") if key in block.proto.id]
    assert found, f"no component {key} on the page"
    return found[-1]


def test_words_typed_ask_and_the_cards_say_why(folder: Path) -> None:
    app = opened(folder, "recommend")
    app.text_input(key="ask.text").set_value("a red circle").run()
    assert not app.exception and not app.error
    cards = shown(app)
    assert cards[0]["id"] == "red" and [card["rank"] for card in cards] == [str(n) for n in range(1, 11)]
    assert all(card["note"].startswith(("Because", "Both: ")) for card in cards[:3]) and set(
        dict(cards[0]["bars"])
    ) == {
        "text",
        "image",
    }
    assert json.loads(
        app.query_params["ask"][0] if isinstance(app.query_params["ask"], list) else app.query_params["ask"]
    )
    assert app.text_input(key="ask.text").value == "", "the field is free for the next words"


def test_parts_add_up_and_turn_against(folder: Path) -> None:
    parts = query_link(("text", "a red circle", 1.0), ("item", "orange", 1.0), ("text", "yellow", -0.5))
    app = opened(folder, "recommend", ask=parts)
    assert not app.exception and not app.error
    assert "orange" not in [card["id"] for card in shown(app)], "the items of the query are left out"
    assert "Left out: the item of the query" in words_of(app)
    app.segmented_control(key="ask.mode").select("unlike").run()
    app.text_input(key="ask.text").set_value("pink").run()
    app.segmented_control(key="ask.mode").select("new").run()
    assert [part[2] for part in link(app)] == [1.0, 1.0, -0.5, -1.0]
    app.text_input(key="ask.text").set_value("blue").run()
    assert link(app) == [["text", "blue", 1.0]], "a new question drops the old one"


def test_a_link_keeps_question_filter_sliders_and_picked_item(folder: Path) -> None:
    query = {
        "ask": query_link(("text", "circle", 1.0)),
        "where": "kind=warm",
        "diversity": "0.5",
        "k": "4",
        "why": "green",
    }
    app = opened(folder, "recommend", **query)
    assert not app.exception and not app.error
    cards = component(app, "recommend.cards")
    assert {card["id"] for card in cards["cards"]} <= set(COLOURS[::2]) and len(cards["cards"]) == 4
    assert cards["selected"] == (
        "green" if "green" in {card["id"] for card in cards["cards"]} else cards["cards"][0]["id"]
    )
    assert any("alike" in dict(card["bars"]) for card in cards["cards"])


def test_sliders_order_anew_without_placing_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(folder, "recommend", ask=query_link(("text", "a red circle", 1.0)))
    placed = [0]

    def counted(*args: Any, **options: Any) -> Any:
        placed[0] += 1
        return place_query(*args, **options)

    monkeypatch.setattr(answers, "place_query", counted)
    app.slider(key="weight.text").set_value(0.0).run()
    assert not app.exception and not placed[0]
    assert all(dict(card["bars"]).get("text", 0.0) == 0 for card in shown(app))


def test_shares_sum_to_the_score_and_tell_the_rank_without_each(folder: Path) -> None:
    app = opened(folder, "recommend", ask=query_link(("text", "a red circle", 1.0)), why="red")
    why = component(app, "why.shares")
    assert sum(row["value"] for row in why["rows"]) == pytest.approx(why["score"], abs=1e-5)
    assert why["now"] == 1 and {row["label"] for row in why["rows"]} == {"text", "image"}
    assert all(row["rank"] >= 1 for row in why["rows"])


def test_a_negative_part_is_called_not_and_a_modality_of_that_name_is_not(folder: Path) -> None:
    spec = query_link(("user", "u1", 1.0), ("item", "orange", -1.0), ("text", "yellow", -1.0))
    app = opened(folder, "recommend", ask=spec, model='{"name":"ease"}', rival='{"name":"content"}')
    assert not app.exception and not app.error
    labels = {label for card in shown(app, "recommend.cards.a") for label, _ in card["bars"]}
    assert "not a orange circle" in labels and "a orange circle" not in labels
    app = opened(folder, "recommend", ask=spec)
    assert "text" in {row["label"] for row in component(app, "why.shares")["rows"]}


def test_conditions_go_with_the_collection_they_were_made_for(folder: Path) -> None:
    app = opened(folder, "recommend", ask=query_link(("text", "circle", 1.0)), where="kind=warm")
    assert app.multiselect(key="where").value == ["kind=warm"]
    app.switch_page("pages/data.py").run()
    app.text_input(key="path").set_value(str(folder / "manifest.csv"))
    next(button for button in app.button if button.label == "Open").click().run()
    finish()
    assert "where" not in app.query_params and app.query_params["data"] != f"folder:{folder}"
    app.switch_page("pages/recommend.py").run()
    assert not app.exception and app.multiselect(key="where").value == []


def test_two_recommenders_side_by_side(folder: Path) -> None:
    app = opened(folder, "recommend", ask=query_link(("user", "u1", 1.0)), rival='{"name":"ease"}')
    assert not app.exception and not app.error
    left, right = (shown(app, f"recommend.cards.{side}") for side in "ab")
    shared = {card["id"] for card in left} & {card["id"] for card in right}
    assert f"{len(shared)} of {min(len(left), len(right))} items are in both" in words_of(app)
    assert all(("change" in card) == (card["id"] in shared) for card in [*left, *right])
    assert "met already" in words_of(app)


def test_where_in_the_media_is_computed_on_a_click(folder: Path) -> None:
    app = opened(folder, "recommend", ask=query_link(("text", "a red circle", 1.0)), why="red", **{"why.part": "Where"})
    app.button(key="maps.go").click().run()
    finish()
    app.run()
    assert not app.exception and not app.error
    assert "random" in words_of(app) and "Violet adds" in words_of(app), (
        "each map says whether it is better than random"
    )
    assert "occlusion" in words_of(app) or "exact" in words_of(app) or "integrated" in words_of(app)


def test_the_smallest_change_and_the_words(folder: Path) -> None:
    query = query_link(("text", "a red circle", 1.0))
    app = opened(folder, "recommend", ask=query, k="3", why="red", **{"why.part": "What if"})
    app.button(key="undo.go").click().run()
    finish()
    app.run()
    assert not app.exception and "Exact ranks" in words_of(app) and "→" in words_of(app)
    app.segmented_control(key="why.part").select("Words").run()
    finish()
    app.run()
    assert not app.exception and "not attribution" in words_of(app) and "reconstruction cosine" in words_of(app)


def test_the_page_to_keep_holds_items_reasons_and_the_maps_made_so_far(folder: Path, demo_run: Run) -> None:
    fitted = fit_recommender(demo_run)
    chosen = controls.Chosen(({"name": "content", "params": {}},), (), False, Language("off", False))
    tuned = controls.Tuning({}, 0.0, 0.0, 3)
    keyed = answer.answer_of(demo_run, "run", chosen, 0, fitted, [queries.part("text", "a cat <b>")], tuned)
    before = reasons.html_page(demo_run, keyed, chosen.language)
    assert "a cat &lt;b&gt;" in before and before.count("Because") >= 3 and "random order" not in before
    first = keyed.answer.results[0].id
    made = explain_recommendation(demo_run, keyed.answer, first, store=cache.store())
    cache.results().put("maps", keyed.key_of(first), made)
    assert "random order" in reasons.html_page(demo_run, keyed, chosen.language)


def test_two_items_of_one_title_are_told_apart_in_menus(folder: Path) -> None:
    table = pd.DataFrame({"title": ["Same", "Same", "Other"]}, index=["a", "b", "c"])
    twins = Collection("twins", table, ())
    assert [previews.menu_title(twins, item) for item in "abc"] == ["Same (a)", "Same (b)", "Other"]
    long = Collection("long", pd.DataFrame({"title": ["x" * 90] * 2}, index=["one", "two"]), ())
    assert previews.menu_title(long, "two").endswith("… (two)") and len(previews.menu_title(long, "two")) <= 60


def test_a_card_names_the_part_of_the_query_and_the_shared_words(folder: Path) -> None:
    spec = query_link(("text", "a red circle", 1.0), ("text", "blue", -1.0))
    app = opened(folder, "recommend", ask=spec)
    finish()
    app.run()
    assert not app.exception and not app.error
    notes = {card["id"]: card["note"] for card in shown(app)}
    assert all("counts most." in note for note in notes.values())
    assert notes["red"].startswith("Both: ") and "red" in notes["red"]
    assert "of the query, “" in words_of(app), "the sentence says which part raised the item"


def test_the_query_is_large_beside_its_answers_and_the_sliders_are_folded(folder: Path) -> None:
    app = opened(folder, "recommend", ask=query_link(("text", "a red circle", 1.0), ("item", "orange", -1.0)))
    assert "a red circle" in [header.value for header in app.header]
    assert "Asked for" in words_of(app) and "But not like" in words_of(app)
    folded = next(expander for expander in app.expander if expander.label == "Weights and order")
    assert not folded.proto.expanded and {slider.label for slider in folded.slider} >= {"Weight of text", "How many"}
    assert not [one.label for one in [*app.slider, *app.selectbox] if ":" in one.label], (
        "plain for assistive technology"
    )


def test_the_lists_say_how_ranks_change() -> None:
    assert results.rank_change(2, 5) == "▲ 3 · there #5" and results.rank_change(4, 1) == "▼ 3 · there #1"
    assert results.rank_change(3, 3) == "= same rank"

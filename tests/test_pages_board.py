"""The leaderboard: rows as they come, failures with reasons, going on after a stop, and using what was found."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from mmalign_core.aligners import Aligner
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import Collection
from mmalign_core.workflow import Choices, align, compare, encode, only_right, open_collection
from mmalign_core.workflow.alignment import measurement
from mmalign_core.workflow.alignment.plan import AlignmentPlan
from pages._components.alignment_form import formula_lines
from pages._panels.leaderboard import board
from pages._panels.leaderboard.table import standing
from pages._session import cache
from pages._session.columns import fold_columns, time_columns
from pages._session.jobs import Board
from pages._session.results_cache import ResultsCache
from pages._session.state import from_query
from pages._session.view_spec import ViewSpec, board_entries
from tests.circles import write_circles
from tests.dashboard import dashboard_home, finish, opened


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Twelve captioned pictures in three folds."""
    root = tmp_path_factory.mktemp("board")
    write_circles(root, {"fold": [0, 1, 2] * 4})
    with dashboard_home(root):
        yield root


def compared(app: AppTest, *aligners: str) -> AppTest:
    app.multiselect(key="board.aligners.image-text").set_value(list(aligners)).run()
    app.button(key="board.go").click().run()
    finish()
    return app.run()


def tables(app: AppTest) -> list[pd.DataFrame]:
    return [table.value for table in app.dataframe]


def count_fits(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the aligners that are fitted from now on."""
    found: list[str] = []
    real = measurement.fit

    def counted(plan: AlignmentPlan, *args: Any, **kwargs: Any) -> Aligner:
        found.append(plan.choices.aligner)
        return real(plan, *args, **kwargs)

    monkeypatch.setattr(measurement, "fit", counted)
    return found


def test_rows_with_intervals_and_reasons_and_then_the_choice(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(folder, "leaderboard")
    assert app.multiselect(key="board.aligners.image-text").value == ["relative", "classic", "bridge"]
    finish()
    app.run()
    assert set(tables(app)[0]["aligner"]) == {"relative", "classic", "bridge"}, "the fastest three begin by themselves"
    app = compared(app, "relative", "classic", "as-is")
    assert not app.exception and not app.error
    ranking = tables(app)[0]
    assert set(ranking["aligner"]) == {"relative", "classic"} and list(ranking["MRR"]) == sorted(ranking["MRR"])[::-1]
    assert ranking["standing"][0] in ("better", "tied") and set(ranking["standing"][1:]) <= {"worse", "tied"}
    assert ranking["image → text R@1"].str.fullmatch(r" *\d+\.\d %  \(\d+ – \d+\)").all()
    assert any("**as-is**" in text.value and "dimensions differ" in text.value for text in app.markdown)
    assert len(app.get("plotly_chart")) == 2, "quality against time, and the difference from the best"
    app.segmented_control(key="metric").set_value("mrr").run()
    fits = count_fits(monkeypatch)
    app.button(key="board.take").click().run()
    assert not app.exception and app.title[0].value == "Align", "also with another metric in the address"
    finish()
    app.switch_page("pages/align.py").run()
    assert not app.exception and not app.error
    assert not fits, "the fit of the comparison is used"
    chosen = app.session_state["mmalign"]["choices"]
    assert chosen == {"aligner": ranking["aligner"][0], "test": 0.2}
    assert app.selectbox(key="align.aligner").value == chosen["aligner"], "the form shows what was taken over"


def test_what_was_chosen_is_not_replaced_by_the_first_three(folder: Path) -> None:
    app = opened(folder, "leaderboard", board='{"aligners":["ridge"],"test":0.2}')
    assert app.multiselect(key="board.aligners.image-text").value == ["ridge"]
    assert app.session_state["mmalign"]["board"]["aligners"] == ["ridge"]


def test_standing_needs_the_whole_interval_in_both_directions() -> None:
    def row(**ends: float) -> dict[str, Any]:
        return {"against_best": {way: {"mrr": {"ci95": [-0.5, high]}} for way, high in ends.items()}}

    best: dict[str, Any] = {"against_best": {}}
    worse, tied, mixed = row(a=-0.1, b=-0.1), row(a=0.1, b=0.0), row(a=-0.1, b=0.1)
    rivals = [best, worse, tied, mixed]
    assert [standing(one, rivals) for one in rivals] == ["tied", "worse", "tied", "tied one way"]
    assert standing(best, [best, worse]) == "better" and standing(best, [best]) == "alone"


def test_queries_that_one_aligner_alone_gets_right_become_the_selection(folder: Path) -> None:
    app = compared(opened(folder, "leaderboard"), "relative", "classic")
    rows = {name: held(app)[name] for name in ("relative", "classic")}
    found = only_right(list(rows.values()))
    for way in ("image->text", "text->image"):
        right = {name: rows[name]["directions"][way].outcome.correct for name in rows}
        items = rows["relative"]["directions"][way].items
        expected = tuple(np.array(items)[right["relative"] & ~right["classic"]])
        assert found["relative"][way] == expected
    name, ways = max(found.items(), key=lambda pair: sum(map(len, pair[1].values())))
    items = list(dict.fromkeys(item for every in ways.values() for item in every))
    assert app.button(key=f"board.only.{name}").label == f"{name}: {sum(map(len, ways.values()))}"
    if items:
        app.button(key=f"board.only.{name}").click().run()
        assert app.session_state["mmalign"]["selection"] == items
    assert only_right(list(rows.values())[:1]) == {}


@pytest.mark.parametrize("split", [{"test": 0.3}, {"folds": 3}])
def test_a_kept_fit_gives_the_run_that_aligning_gives(folder: Path, split: dict[str, Any]) -> None:
    collection, store = open_collection(str(folder / "manifest.csv")), Store(Settings(root=folder / "home").root)
    encoding, kept = encode(collection, store=store), []
    choices = Choices(aligner="procrustes", **split)
    compare(collection, encoding, [choices], store=store, keep=lambda own, fit: kept.append((own, fit)))
    ((own, fit),) = kept
    made, expected = fit.run(collection), align(collection, encoding, choices, store=store)
    assert own == choices and made.choices == expected.choices
    assert made.report["metrics"] == expected.report["metrics"] and set(made.report) == set(expected.report)
    assert set(made.report["seconds"]) == set(expected.report["seconds"])
    for modality, rows in expected.result.space.items():
        assert np.array_equal(made.result.space[modality].vectors, rows.vectors)


def test_more_aligners_add_to_what_is_measured(folder: Path) -> None:
    app = compared(opened(folder, "leaderboard"), "relative")
    before = held(app)["relative"]
    assert list(tables(app)[0]["aligner"]) == ["relative"]
    app = compared(app, "relative", "classic")
    assert set(tables(app)[0]["aligner"]) == {"relative", "classic"} and held(app)["relative"] is before


def held(app: AppTest) -> Mapping[str, Mapping[str, Any]]:
    """Aligner -> its row in the results cache."""
    view = app.session_state["mmalign"]
    return cache.results().get("board", ViewSpec(view["source"], board=view["board"]).board_key).rows


def test_learning_curves_on_request(folder: Path) -> None:
    app = compared(opened(folder, "leaderboard"), "relative")
    before = len(app.get("plotly_chart"))
    app.button(key="board.curves").click().run()
    finish()
    app.run()
    assert not app.exception and len(app.get("plotly_chart")) == before + 1


class StopAfter(ResultsCache):
    """Stops the board as soon as the first row lies there."""

    board: Board | None = None

    def put(self, kind: str, digest: str, result: Any) -> None:
        super().put(kind, digest, result)
        if self.board is not None and kind == "board":
            self.board.stop()


def test_after_a_stop_only_the_rest_is_measured(folder: Path) -> None:
    collection, settings = open_collection(str(folder / "manifest.csv")), Settings(root=folder / "home")
    spec = ViewSpec({"kind": "demo", "value": ""}, board={"aligners": ["relative", "classic"], "folds": 3})
    results, store = StopAfter({"board": 4, "fit": 4}), Store(settings.root)
    results.board = made = board.board_of(spec, collection, results, store, settings)
    made.start()
    finish()
    first = made.measured.rows
    assert made.job is not None and made.job.status == "cancelled" and list(first) == ["relative"]
    results.board = None
    made.start()
    finish()
    rows = made.measured.rows
    assert made.job.status == "done" and set(rows) == {"relative", "classic"}
    assert rows["relative"] is first["relative"] and rows["relative"]["split"] == "3 folds"


def test_a_link_keeps_the_board_and_drops_what_is_not_ours() -> None:
    link = '{"aligners":["a","a","b"],"test":0.3,"aligner":"c","params":{},"folds":"x","evil":1}'
    assert from_query({"board": link})["board"] == {"aligners": ["a", "b"], "test": 0.3}
    for bad in ('{"aligners":[]}', '{"aligners":[1]}', '{"test":0.2}', "[]"):
        assert from_query({"board": bad})["board"] == {}
    run = from_query({"run": '{"fold_column":"fold","time_column":3,"correction_params":{"k":5},"seed":true}'})
    assert run["choices"] == {"fold_column": "fold", "correction_params": {"k": 5}}


def test_the_compared_share_everything_but_their_name(folder: Path) -> None:
    collection = open_collection(str(folder / "manifest.csv"))
    shared = {
        "aligners": ["relative", "bridge"],
        "fold_column": "fold",
        "seed": 3,
        "encoders": {"text": "bag-of-words"},
    }
    entries, encoders = board_entries(shared, collection)
    assert [entry.aligner for entry in entries] == ["relative", "bridge"] and encoders == {"text": "bag-of-words"}
    assert {(entry.fold_column, entry.seed, entry.pair) for entry in entries} == {("fold", 3, ("image", "text"))}


def test_a_formula_is_cut_only_between_its_parts() -> None:
    assert formula_lines(r"a = b,\quad \frac{c \quad d}{e}") == ["a = b,", r"\frac{c \quad d}{e}"]
    whole = r"\begin{cases} a \quad b \end{cases}"
    assert formula_lines(whole) == [whole]
    assert formula_lines(r"\left( a \quad b \right) \qquad \rightarrow c") == [
        r"\left( a \quad b \right)",
        r"\rightarrow c",
    ]


def test_columns_that_can_hold_items_out() -> None:
    items = pd.DataFrame(
        {
            "nested": [[1], [2], [3]],
            "same": [1, 1, 1],
            "word": ["a", "b", "b"],
            "added": ["2024-01-02", "2024-03-01", None],
            "year": [1939, 1940, 1941],
            "fold": [1, 2, 1],
        },
        index=pd.Index(["x", "y", "z"], dtype=object),
    )
    collection = Collection("made", items, ())
    assert fold_columns(collection) == ["fold", "word", "added", "year"]
    assert time_columns(collection) == ["added", "year", "fold"]

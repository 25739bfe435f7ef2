"""The Recommenders page: rows as they come, who is best for whom, collections without users, going on after a stop."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from mmalign_core.plots.recommender_slices import LEARNS, SLICE_WORDS, slice_differences_figure, slices_figure
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.workflow import open_collection
from mmalign_core.workflow.evaluation.ranking import leaders, ranked, row_names
from mmalign_core.workflow.evaluation.trials import SLICES, Protocol
from pages._panels.recommenders import trials
from pages._panels.recommenders.verdict import verdict
from pages._session.jobs import Board
from pages._session.results_cache import ResultsCache
from tests.dashboard import dashboard_home, finish, opened

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Films of two kinds with given vectors of their texts, so that no aligner fits; half the users like each kind."""
    root, rng = tmp_path_factory.mktemp("films"), np.random.default_rng(0)
    kind = np.arange(30) % 2
    vectors = np.eye(6)[kind] + 0.2 * rng.normal(size=(30, 6))
    ids = [f"film-{n:02d}" for n in range(30)]
    pd.DataFrame({"id": ids, "text_vector": list(vectors.astype(np.float32))}).to_parquet(root / "manifest.parquet")
    users = np.repeat(np.arange(24), 9)
    newest = (5 + np.arange(len(users)) % 9 * 3).clip(max=29)
    chosen = [int(rng.choice(np.flatnonzero(kind[: top + 1] == user % 2))) for user, top in zip(users, newest)]
    met = {"user_id": [f"u{u:02d}" for u in users], "item_id": [ids[n] for n in chosen]}
    met |= {"rating": rng.integers(1, 6, len(users)), "timestamp": np.arange(len(users)) % 9 * 1000.0}
    pd.DataFrame(met).to_csv(root / "interactions.csv", index=False)
    with dashboard_home(root):
        yield root


def measured(app: AppTest, *names: str) -> AppTest:
    app.multiselect(key="rank.names").set_value(list(names)).run()
    app.button(key="rank.go").click().run()
    finish()
    return app.run()


def words(app: AppTest) -> str:
    return " ".join(text.value for text in (*app.markdown, *app.caption))


def test_rows_tiles_and_charts_then_another_split(folder: Path) -> None:
    app = opened(folder / "manifest.parquet", "recommenders")
    finish()
    app.run()
    assert not app.exception and set(app.dataframe[0].value["recommender"]) == {
        "content", "popular", "ease", "random order",
    }, "the fastest three begin by themselves"  # fmt: skip
    assert "Not measured yet: als" in words(app)
    app = measured(app, "content", "popular")
    assert not app.exception and not app.error
    table = app.dataframe[0].value
    assert set(table["recommender"]) == {"content", "popular", "random order"}
    assert table["NDCG, all items"].str.fullmatch(r" *\d+\.\d %  \(\d+\.\d – \d+\.\d\)").all()
    assert len(app.get("plotly_chart")) == 2 and {"best for all items", "best for new items"} <= {
        tile.label for tile in app.metric
    }
    assert "users were measured, on" in words(app) and "vectors as encoded" in words(app)
    assert "simulated" not in words(app)
    app.segmented_control(key="rank.metric").set_value("mrr").run()
    app.selectbox(key="rank.split").set_value("last").run()
    assert not app.exception and "Nothing measured for these choices yet" in words(app)
    app = measured(app, "popular")
    assert "the last item of each user" in words(app) and len(app.get("plotly_chart")) == 1


def test_more_recommenders_add_to_what_is_measured_and_a_link_reopens_the_choices(folder: Path) -> None:
    query = {"rank.split": "A random share", "rank.k": "5"}
    app = measured(opened(folder / "manifest.parquet", "recommenders", **query), "popular")
    assert app.selectbox(key="rank.split").value == "random" and app.number_input(key="rank.k").value == 5
    assert "random 20" in words(app)
    app.multiselect(key="rank.names").set_value(["popular", "content"]).run()
    assert "Not measured yet: content" in words(app)
    app.button(key="rank.rest").click().run()
    finish()
    assert set(app.run().dataframe[0].value["recommender"]) == {"content", "popular", "random order"}


def test_what_cannot_be_measured_is_a_line(folder: Path) -> None:
    app = opened(folder / "manifest.parquet", "recommenders")
    app.selectbox(key="rank.right").set_value(5.0).run()
    app.slider(key="rank.test").set_value(0.05).run()
    app = measured(app, "popular")
    assert not app.exception and (app.error or app.dataframe), "a line, or numbers"


def test_without_interactions_the_page_says_what_to_give(folder: Path, tmp_path: Path) -> None:
    pd.read_parquet(folder / "manifest.parquet").to_parquet(tmp_path / "manifest.parquet")
    app = opened(tmp_path / "manifest.parquet", "recommenders")
    assert not app.exception and "No interactions" in words(app) and "interactions.csv" in words(app)


class StopAfter(ResultsCache):
    """Stops the board as soon as a row of that recommender lies there."""

    board: Board | None = None

    def put(self, kind: str, digest: str, result: Any) -> None:
        super().put(kind, digest, result)
        if self.board is not None and "popular" in result.rows:
            self.board.stop()


def test_after_a_stop_only_the_rest_is_measured(folder: Path) -> None:
    collection, settings = open_collection(str(folder / "manifest.parquet")), Settings(root=folder / "home")
    trial = trials.Trial(("popular", "content"), Protocol(), collection, None, "x")
    results, store = StopAfter({"trial": 4}), Store(settings.root)
    results.board = made = trials.board_of(trial, results, store, settings)
    made.start()
    finish()
    first = made.measured.rows
    assert made.job is not None and made.job.status == "cancelled" and set(first) == {"popular", "random order"}
    results.board = None
    made.start()
    finish()
    rows = made.measured.rows
    assert made.job.status == "done" and set(rows) == {"popular", "content", "random order"}
    assert rows["popular"] is first["popular"]


def row(name: str, value: float, *, places: bool = False, learns: bool = True, slices: int = 6) -> dict[str, Any]:
    """A row whose users all have the same value, but for the first tenth of the draws."""
    metrics = {part: {"mrr": value, "n": 9} for part in list(SLICES)[:slices]}
    drawn = {part: {"mrr": np.where(np.arange(1000) < 100, 0.3, value)} for part in metrics}
    return {
        "recommender": name, "baseline": name == "random order", "reads_places": places, "needs_interactions": learns,
        "metrics": metrics, "ci95": {part: {"mrr": [value - 0.1, value + 0.2]} for part in metrics}, "drawn": drawn,
        "quality": value, "error": None, "params": {}, "settled": {},
    }  # fmt: skip


ROWS = [row("<b>", 0.2), row("hybrid", 0.5, places=True), row("content", 0.4, places=True, learns=False)]
ROWS.append(row("random order", 0.1))


def test_every_number_drawn_is_a_rows_with_its_interval() -> None:
    rows = ranked(ROWS, {}).rows
    figure = slices_figure(rows, "mrr")
    assert len(figure.data) == 3 * 6 and {trace.name for trace in figure.data} == set(LEARNS)
    assert [shape.x0 for shape in figure.layout.shapes] == [0.1] * 6
    assert {a.text for a in figure.layout.annotations} == {f"{words} · 9 users" for words in SLICE_WORDS.values()}
    both = next(trace for trace in figure.data if trace.name == "both")
    assert both.x == (0.5,) and both.y == (0,) and both.text == ("<b>50.0%</b>",)
    assert both.error_x.array[0] == pytest.approx(0.2) and both.error_x.arrayminus[0] == pytest.approx(0.1)
    assert figure.layout.yaxis.ticktext == ("hybrid", "content", "&lt;b&gt;"), "names never become markup"
    apart = slice_differences_figure(rows, "mrr")
    assert sorted({trace.x[0] for trace in apart.data}) == pytest.approx([-0.3, -0.1])
    assert apart.layout.xaxis.rangemode == "tozero", "without 0 in it no whisker can be seen to cross 0"


def test_few_slices_leave_no_empty_panel() -> None:
    rows = ranked([row("a", 0.2, slices=4), row("b", 0.1, slices=4)], {}).rows
    axes = [name for name in slices_figure(rows, "mrr").layout.to_plotly_json() if name.startswith("xaxis")]
    assert len(axes) == 4


def test_leaders_name_those_that_cannot_be_told_apart() -> None:
    found = leaders(ranked(ROWS, {}).rows, "mrr")
    assert found["all"].name == "hybrid" and set(found["all"].alike) == {"<b>", "content", "random order"}
    for one in (sure := [row("a", 0.5), row("b", 0.4), row("random order", 0.1)]):
        one["drawn"] = {part: {"mrr": np.full(1000, one["quality"])} for part in one["metrics"]}
    assert leaders(ranked(sure, {}).rows, "mrr")["cold"].alike == ()
    assert leaders(ranked([row("a", 0.0), row("random order", 0.1)], {}).rows, "mrr") == {}


def test_one_sentence_says_who_is_best_on_what_and_whether_that_is_sure() -> None:
    def part(value: float, name: str) -> dict[str, Any]:
        one = row(name, value)
        return {**one, "metrics": {p: {"ndcg@5": value} for p in one["metrics"]},
                "ci95": {p: {"ndcg@5": [value - 0.1, value + 0.2]} for p in one["metrics"]},
                "drawn": {p: {"ndcg@5": np.full(1000, value)} for p in one["metrics"]}}  # fmt: skip

    rows = [part(0.5, "ease"), part(0.4, "content"), part(0.1, "random order")]
    said = verdict(ranked(rows, {}).rows, {"users_measured": 9}, 5)
    assert said == (
        "ease ranks best over all: NDCG at 5 is 50.0% (95% interval 40.0 to 70.0), 9 users, better than all others."
    )
    rows[1]["metrics"]["cold"], rows[1]["drawn"]["cold"] = {"ndcg@5": 0.6}, {"ndcg@5": np.full(1000, 0.6)}
    said = verdict(ranked(rows, {}).rows, {"users_measured": 9}, 5)
    assert said.endswith("; for new items it is content (better than all others).")
    rows[1]["drawn"]["all"] = {"ndcg@5": np.where(np.arange(1000) < 100, 0.7, 0.4)}
    assert "tied with content" in verdict(ranked(rows, {}).rows, {"users_measured": 9}, 5)
    rows[2]["drawn"]["all"] = {"ndcg@5": np.where(np.arange(1000) < 100, 0.7, 0.1)}
    assert "not surely better than random order" in verdict(ranked(rows, {}).rows, {"users_measured": 9}, 5)
    assert "better than random order" in verdict(ranked([part(0.5, "a"), part(0.1, "random order")], {}).rows,
                                                 {"users_measured": 9}, 5)  # fmt: skip
    assert verdict(ranked([part(0.0, "a"), part(0.1, "random order")], {}).rows, {"users_measured": 9}, 5) == ""


def test_rows_of_one_recommender_are_told_apart_by_their_parameters() -> None:
    twins = [{**row("ease", value), "params": {"k": k, "same": 1}} for value, k in ((0.5, 9), (0.4, 3))]
    rows = ranked([*twins, row("als", 0.3)], {}).rows
    assert row_names(rows) == ["ease (k=9)", "ease (k=3)", "als"] and row_names(rows[1:]) == ["ease", "als"]
    found = leaders(rows, "mrr")["all"]
    assert found.name == "ease (k=9)" and found.alike == ("ease (k=3)", "als")

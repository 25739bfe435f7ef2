"""The Align page: the finding first, the ranks, verdicts with remedies, and the choices of a saved run in the form."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.workflow import Choices, Finding, align, encode, open_collection, rank_sentence, save_run
from pages._components import errors
from pages._panels.align import ranks
from pages._panels.align.report import verdict
from pages._session import cache
from pages._session.view_spec import choices_of
from tests.circles import write_circles
from tests.dashboard import dashboard_home, finish, opened, words_of


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Twelve captioned pictures, and a saved run of them by choices that are not the defaults."""
    root = tmp_path_factory.mktemp("align")
    write_circles(root, {"fold": [0, 1, 2] * 4})
    with dashboard_home(root):
        store, collection = Store(Settings().root), open_collection(str(root / "manifest.csv"))
        choices = Choices(aligner="ridge", params={"reg": 3.0}, test=0.5, seed=4, correction="csls")
        save_run(align(collection, encode(collection, store=store), choices, store=store), "kept", store=store)
        yield root


def test_the_finding_comes_first_and_every_query_has_a_rank(folder: Path) -> None:
    app = opened(folder, "align", run='{"aligner":"classic"}')
    finish()
    app.run()
    assert not app.exception and not app.error
    runs = [kept.result for kept in cache.results()._kept["run", ""].values()]
    (run,) = [one for one in runs if one.choices.aligner == "classic"]
    words = words_of(app)
    for way in run.report["metrics"]:
        assert errors.plain(rank_sentence(run.report, way)) in words
    assert "Is the space itself sound?" in words
    found = next(reversed(cache.results()._kept["ranks", ""].values())).result
    buttons = {button.key: button.label for button in app.button if button.key}
    for way, bins in found.bins.items():
        assert sum(one.n for one in bins) == 12
        for one in bins:
            key = f"align.ranks.{way}.{one.address}"
            assert (buttons.get(key) == f"rank {one.words} ({one.n})") == (one.n > 0), "each range opens its queries"
    way, bins = next(iter(found.bins.items()))
    one = next(one for one in bins if one.n)
    for said in found.verdicts.values():
        assert errors.plain(said.title) in words and errors.plain(said.words) in words
    remedies = [key for key in buttons if key.startswith("align.remedy.")]
    asked = {verdict.remedy for verdict in found.verdicts.values()} & {"train", "correct"}
    asked -= {"correct"} if found.correction is None else set()  # offered only if it surely helps
    assert len(remedies) == len(asked), "each remedy has one button"
    app.button(key=f"align.ranks.{way}.{one.address}").click().run()
    assert not app.exception and app.title[0].value == "Errors"
    assert app.session_state["mmalign"]["selection"] == list(one.items)


def test_a_remedy_aligns_again_with_the_choice_changed(folder: Path) -> None:
    app = opened(folder, "align", data="run:kept")
    finish()
    app.run()
    found = next(reversed(cache.results()._kept["ranks", ""].values())).result
    assert all(verdict.remedy != "correct" for verdict in found.verdicts.values()), "it corrects for hubs already"
    app = opened(folder, "align", run='{"aligner":"classic"}')
    finish()
    app.run()
    remedies = [button for button in app.button if str(button.key).startswith("align.remedy.")]
    if remedies:
        remedies[0].click().run()
        chosen = app.session_state["mmalign"]["choices"]
        assert chosen.get("correction") == "csls" or chosen["aligner"] == "infonce-linear"


def test_training_is_offered_until_it_was_tried_in_vain(folder: Path) -> None:
    app = opened(folder, "align", run='{"aligner":"bridge"}')
    finish()
    app.run()
    (key,) = [
        run_key for run_key, kept in cache.results()._kept["run", ""].items() if kept.result.choices.aligner == "bridge"
    ]
    assert not ranks.trained_in_vain(key), "not tried yet"
    headline = Finding("headline", "", 1.0, {}, {})
    cache.results().put("findings", key, (headline, Finding("training", "", 0.1, {}, {})))
    assert not ranks.trained_in_vain(key), "tried, and it helps"
    cache.results().put("findings", key, (headline,))
    assert ranks.trained_in_vain(key)
    app.run()
    assert not any(str(button.key).endswith("Train on the pairs") for button in app.button)


def test_the_form_shows_the_choices_of_a_saved_run(folder: Path) -> None:
    app = opened(folder, "align", data="run:kept")
    assert not app.exception and not app.error
    assert app.selectbox(key="align.aligner").value == "ridge" and app.number_input(key="align.seed").value == 4
    assert app.selectbox(key="align.split").value == "Held-out share" and app.slider(key="align.test").value == 0.5
    assert app.selectbox(key="align.correction").value == "csls"
    app.button(key="align.go").click().run()
    finish()
    app.run()
    assert not app.exception and not app.error
    made = app.session_state["mmalign"]["choices"]
    assert (made["aligner"], made["test"], made["seed"], made["correction"]) == ("ridge", 0.5, 4, "csls")
    assert made["params"]["reg"] == 3.0


def test_choices_of_a_run_make_the_same_run_again(folder: Path) -> None:
    store, collection = Store(Settings().root), open_collection(str(folder / "manifest.csv"))
    encoding, choices = encode(collection, store=store), Choices(aligner="cca", params={"dims": 3}, folds=3, seed=2)
    run = align(collection, encoding, choices, store=store)
    own = choices_of(run)
    assert own["encoders"] == {} and own["folds"] == 3 and own["params"]["dims"] == 3
    again = Choices(**{name: value for name, value in own.items() if name not in ("encoders", "pair")})
    assert align(collection, encoding, again, store=store).report["metrics"] == run.report["metrics"]


def test_a_run_of_three_modalities_says_what_they_find_together(tmp_path: Path) -> None:
    rng, rows = np.random.default_rng(0), []
    for number, latent in enumerate(rng.standard_normal((60, 6))):
        seen = {f"{m}_vector": [*latent[:4], *rng.standard_normal(2)] for m in ("text", "image", "audio")}
        rows.append({"id": f"i{number:02d}"} | seen)
    path = tmp_path / "given.jsonl"
    pd.DataFrame(rows).to_json(path, orient="records", lines=True)
    app = opened(path, "align", run='{"aligner":"gcca","folds":2}')
    assert not app.exception and not app.error
    assert any("find more together" in heading.value for heading in app.subheader)


def test_a_run_on_the_pairs_it_learned_from_offers_to_hold_some_out(folder: Path) -> None:
    app = opened(folder, "align", run='{"aligner":"relative"}')
    assert any("was fitted on these pairs" in text.value for text in app.markdown)
    app.button(key="align.hold_out").click().run()
    finish()
    app.run()
    assert not app.exception and app.session_state["mmalign"]["choices"]["test"] == 0.2
    assert app.selectbox(key="align.split").value == "Held-out share"
    assert not any("was fitted on these pairs" in text.value for text in app.markdown)
    assert any("20% of all" in text.value for text in app.caption)


def test_together_is_ahead_only_where_the_intervals_lie_apart() -> None:
    metrics = {"image+audio->text": {"mrr": 0.6}, "image->text": {"mrr": 0.3}, "audio->text": {"mrr": 0.4}}
    ci95 = {"image+audio->text": {"mrr": (0.55, 0.65)}, "audio->text": {"mrr": (0.3, 0.5)}}
    chance = {"image+audio->text": {"mrr": 0.1}}
    assert "40.0% by audio alone: the intervals lie apart" in verdict(metrics, ci95, chance)
    assert "the intervals overlap" in verdict(metrics, {**ci95, "audio->text": {"mrr": (0.3, 0.56)}}, chance)

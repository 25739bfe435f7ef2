"""explain on the command line: its JSON, its summary, and one clear line for bad input."""

import json

import pytest

from mmalign_core.__main__ import main
from mmalign_core.workflow import Choices, align, save_run


@pytest.fixture(scope="module")
def run_folder(demo, demo_encoding, store, tmp_path_factory):
    params = {"reg": 0.1, "weighting": 1.0, "dims": 32}
    run = align(demo, demo_encoding, Choices(pair=("image", "text"), aligner="gcca", params=params), store=store)
    return str(save_run(run, str(tmp_path_factory.mktemp("run") / "gcca"), store=store))


def explain(run_folder, *options):
    return main(["explain", run_folder, *options])


def test_the_json_takes_the_score_apart(run_folder, capsys):
    assert explain(run_folder, "--a", "image:dog", "--b", "text:dog", "--fast", "--json", "-") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["a"], found["b"], found["method"]) == ("image:dog", "text:dog", "exact")
    assert sum(row["value"] for row in found["contributions"]) == pytest.approx(found["score"], abs=1e-5)
    terms = found["components"]["terms"]
    assert sum(t["value"] for t in terms) + found["components"]["rest"] == pytest.approx(found["score"], abs=1e-5)
    for made in found["maps"].values():
        assert sum(part["value"] for part in made["parts"]) + made["rest"] == pytest.approx(made["score"], abs=1e-5)
    assert len(found["maps"]["a"]["parts"]) == 49 and found["concepts"]["a"]["words"]


def test_how_faithful_a_map_is_stands_beside_it(run_folder, capsys):
    options = ("--method", "occlusion", "--grid", "3")
    assert explain(run_folder, "--a", "text:dog", "--b", "image:dog", *options, "--json", "-") == 0
    found = json.loads(capsys.readouterr().out)
    for side in ("a", "b"):
        seen = found["faithfulness"][side]
        assert seen["better"] == (seen["interval"][0] > 0) and seen["orders"] == 20
    assert found["method"] == "occlusion" and len(found["maps"]["b"]["parts"]) == 9


def test_the_summary_names_words_and_cells(run_folder, capsys):
    assert explain(run_folder, "--a", "text:dog", "--b", "image:dog", "--fast") == 0
    said = capsys.readouterr().out
    assert "text:dog and image:dog: cosine" in said and "dog +" in said and "row " in said and "components:" in said


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--a", "dog", "--b", "text:dog"), "--a dog: write the modality"),
        (("--a", "image:", "--b", "text:dog"), "--a image:"),
        (("--a", "video:dog", "--b", "text:dog"), "this run holds no video"),
        (("--a", "image:nobody", "--b", "text:dog"), "no item 'nobody'"),
        (("--a", "image:dog", "--b", "text:dog#2"), "there is no #2"),
        (("--a", "image:dog", "--b", "text:dog", "--grid", "99"), "a grid of 99: ask for 1 to 28"),
        (("--a", "image:dog", "--b", "text:dog", "--method", "gradients"), "does not suit"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(run_folder, capsys, options, words):
    code = explain(run_folder, *options, "--fast")
    streams = capsys.readouterr()
    assert code == 2 and words in streams.err and streams.err.count("\n") == 1 and not streams.out


def test_a_run_that_is_not_there_is_bad_input(capsys):
    assert main(["explain", "./nowhere", "--a", "image:a", "--b", "text:a"]) == 2
    assert "nowhere" in capsys.readouterr().err

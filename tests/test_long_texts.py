"""Texts longer than an encoder reads at once: counted, read in windows if asked or if that is better, and explained."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmalign_core.commands.line import run_line
from mmalign_core.data import read_collection
from mmalign_core.encoders import create_encoder
from mmalign_core.encoders.attribution import Attribution
from mmalign_core.encoders.base import ENCODERS
from mmalign_core.encoders.batched.embedding_sets import encode_set
from mmalign_core.encoders.batched.text_lengths import find_long_texts
from mmalign_core.encoders.long_texts import AUTO, START, WINDOWS, ReadsLongTexts
from mmalign_core.store import Store
from mmalign_core.types import Media
from mmalign_core.workflow import encode, long_texts_of


class Letters(ReadsLongTexts):
    """Counts the letters a to d of at most ten characters, as a unit vector."""

    name, version, modality, dim, space = "letters", "1", "text", 4, "letters"
    summary, licence = "letters", "none"
    batch_size = 3

    def load(self) -> None:
        pass

    @property
    def surely_read(self) -> int:
        return 10

    def start_of(self, text: str) -> str:
        return text[:10]

    def prepare_text(self, text: str) -> str:
        assert len(text) <= 10
        return text

    def encode_texts(self, prepared: Any) -> np.ndarray:
        assert len(prepared) <= 3
        counts = np.array([[text.count(letter) for letter in "abcd"] for text in prepared], np.float32)
        return counts / np.linalg.norm(counts, axis=1, keepdims=True)

    def steps_of(self, prepared: Any) -> list[np.ndarray]:
        return [np.eye(4, dtype=np.float32)[["abcd".index(c) for c in text if c in "abcd"]] for text in prepared]

    def attribution_of(self, text: str, direction: np.ndarray, rule: str) -> Attribution:
        vector = self.encode_texts([text])[0]
        own = np.array([vector["abcd".index(c)] / text.count(c) * direction["abcd".index(c)] for c in text])
        return Attribution(own, np.array([[n, n + 1] for n in range(len(text))], float))


def letters(how: str) -> Letters:
    made = Letters()
    made.long_texts = how
    return made


def medium(text: str) -> Media:
    return Media("x", "text", text, text=text)


def test_a_long_text_is_the_mean_of_its_windows_and_a_short_one_is_as_before() -> None:
    texts = ["aab", "a" * 10 + "b" * 5, "c" * 35]
    start, windows = letters(START), letters(WINDOWS)
    first = start.encode([start.prepare(medium(text)) for text in texts]).vectors
    second = windows.encode([windows.prepare(medium(text)) for text in texts]).vectors
    np.testing.assert_allclose(first[1], [1, 0, 0, 0])
    np.testing.assert_allclose(second[1], np.array([10, 5, 0, 0]) / np.hypot(10, 5), rtol=1e-6)
    np.testing.assert_array_equal(first[[0, 2]], second[[0, 2]])
    np.testing.assert_allclose(np.linalg.norm(second, axis=1), 1, rtol=1e-6)


def test_windows_hold_every_word_once_and_all_tokens() -> None:
    windows = letters(WINDOWS)
    text = "aaaa bbbb cccc dddd aaaa"
    assert windows.windows_of(text) == ["aaaa bbbb ", "cccc dddd ", "aaaa"]
    (steps,) = windows.sequences([windows.prepare(medium(text))])
    assert steps.shape == (20, 4)
    assert windows.view(medium(text)) == text and letters(START).view(medium(text)) == text[:10]


def test_the_attribution_of_windows_sums_to_the_score_and_lies_where_it_was_read() -> None:
    windows, direction = letters(WINDOWS), np.array([0.5, -0.3, 0.2, 0.1])
    text = "aabbccddaabbbbbcca"
    found = windows.attribution(text, direction, "gradient")
    (vector,) = windows.encode([windows.from_view(text)]).vectors
    assert found.values.sum() == pytest.approx(float(vector @ direction), rel=1e-5)
    assert found.places.tolist() == [[n, n + 1] for n in range(len(text))]


def test_how_many_from_which_length(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text(f"id,text\na,abc\nb,{'a' * 12}\nc,{'b' * 40}\n")
    found = find_long_texts(letters(START), read_collection(tmp_path).table)
    assert found is not None
    assert (found.texts, found.count, found.items, found.shortest, found.longest) == (3, 2, 2, 12, 40)
    assert found.examples == ("b", "c") and "2 of 3 texts are longer" in found.sentence()
    assert "start alone" in found.sentence()
    there = find_long_texts(letters(WINDOWS), read_collection(tmp_path).table)
    assert there is not None and "in windows" in there.sentence()
    (tmp_path / "manifest.csv").write_text("id,text\na,abc\n")
    assert find_long_texts(letters(START), read_collection(tmp_path).table) is None


def with_long(folder: Path) -> Path:
    same = "the same words again. " * 500
    rows = [{"id": "a", "text": same + "a dog"}, {"id": "b", "text": same + "a red bus"}, {"id": "c", "text": "a cat"}]
    (folder / "manifest.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return folder


@pytest.mark.parametrize("command", ["inspect", "encode"])
def test_the_commands_say_it(tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    asked = [command, str(with_long(tmp_path)), "--store", str(tmp_path / "store"), "--encoder", "text=bag-of-words"]
    assert run_line(asked) == 0
    assert "2 of 3 texts are longer than 'bag-of-words' reads at once" in capsys.readouterr().out
    assert run_line([*asked, "--json", "-"]) == 0
    told = json.loads(capsys.readouterr().out)["long_texts"]
    assert told["count"] == 2 and told["texts"] == 3 and told["shortest"] == 11005 and told["read"] == 10000


def test_in_windows_texts_that_end_differently_differ(tmp_path: Path) -> None:
    collection, store = read_collection(with_long(tmp_path)), Store(tmp_path / "store")
    start = encode(collection, {"text": "bag-of-words[long_texts=start]"}, store=store).sets["text"].vectors
    found = encode(collection, {"text": "bag-of-words[long_texts=windows]"}, store=store).sets["text"]
    assert np.array_equal(start[0], start[1]) and not np.array_equal(found.vectors[0], found.vectors[1])
    assert found.encoder == "bag-of-words[long_texts=windows]@1"


@pytest.mark.parametrize("better", [True, False])
def test_auto_takes_windows_where_they_are_better_and_texts_are_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, better: bool
) -> None:
    monkeypatch.setattr(ENCODERS.get("bag-of-words"), "better_in_windows", better)
    store = Store(tmp_path / "store")
    long = encode(read_collection(with_long(tmp_path)), {"text": "bag-of-words"}, store=store)
    assert long.encoders["text"] == ("bag-of-words[long_texts=windows]@1" if better else "bag-of-words@1")
    assert long.long_texts is not None and long.long_texts.how == (WINDOWS if better else START)
    (tmp_path / "manifest.jsonl").write_text('{"id": "a", "text": "a dog"}\n')
    short = encode(read_collection(tmp_path), {"text": "bag-of-words"}, store=store)
    assert short.encoders["text"] == "bag-of-words@1" and short.long_texts is None


@pytest.mark.parametrize("name", ["bag-of-words", "use-multilingual"])
def test_the_embedded_encoders_read_windows(tmp_path: Path, name: str) -> None:
    collection = read_collection(with_long(tmp_path))
    model = create_encoder(f"{name}[long_texts=windows]", "text")
    rows, counts, skipped = encode_set(model, collection.media_of("text"), store=Store(tmp_path / "store"))
    assert counts["encoded"] == 3 and not skipped and np.isfinite(rows.vectors).all()
    assert not np.array_equal(rows.vectors[0], rows.vectors[1])
    whole = create_encoder(name, "text")
    assert isinstance(whole, ReadsLongTexts) and whole.long_texts == AUTO
    same = whole.encode([whole.prepare(medium("a cat"))]).vectors[0]
    np.testing.assert_allclose(rows.vectors[2], same, atol=1e-6)


def test_vectors_that_came_with_the_data_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text("id,text\na," + "x " * 6000 + "\n")
    np.save(tmp_path / "text_vector.npy", np.ones((1, 3), np.float32))
    assert long_texts_of(read_collection(tmp_path)) is None

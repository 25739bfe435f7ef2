"""Media run through an encoder in batches: order, isolation, cancelling, flat memory, one pass per digest."""

import threading
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmalign_core.encoders import Encoded, Encoder
from mmalign_core.encoders.batched import encode_media
from mmalign_core.encoders.batched.batches import BATCHES_AHEAD
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Cancelled, Media, digest_file


class Letters(Encoder):
    """A real, tiny encoder: a text's vector counts its letters. '!' cannot be decoded, '?' the model refuses."""

    name, version, modality, dim, space = "letters", "1", "text", 4, "letters"
    summary, licence, batch_size = "counts letters", "Apache-2.0", 3

    def __init__(self):
        super().__init__()
        self.prepared, self.encoded, self.waiting, self.most_waiting = Counter(), [], 0, 0
        self.lock, self.threads = threading.Lock(), set()

    def load(self):
        pass

    def view(self, media):
        with self.lock:
            self.prepared[media.digest] += 1
            self.threads.add(threading.current_thread().name)
            self.waiting += 1
            self.most_waiting = max(self.most_waiting, self.waiting)
        if "!" in media.text:
            raise BadInput(f"item '{media.item}': no exclamation marks, please")
        if "#" in media.text:
            raise OSError("the disk is on fire")
        return media.text

    def from_view(self, view):
        return view

    def encode(self, prepared):
        with self.lock:
            self.waiting -= len(prepared)
        self.encoded.append(list(prepared))
        if any("?" in text for text in prepared):
            raise RuntimeError("question in the batch")
        rows = [[text.count(letter) for letter in "abc"] + [len(text)] for text in prepared]
        vectors = np.array(rows, np.float32)
        vectors[[("nan" in text) for text in prepared]] = np.nan
        return Encoded(vectors)

    def sequences(self, prepared):
        return [np.zeros((len(text), 4), np.float32) for text in prepared]


def texts(*values):
    return [Media(f"item{i}", "text", f"d-{value}", text=value) for i, value in enumerate(values)]


def run(encoder, media, **options):
    """Everything the encoder gave: digest -> vector in order, and the skipped."""
    batches = list(encode_media(encoder, media, **options))
    vectors = {d: v for batch in batches for d, v in zip(batch.digests, batch.vectors)}
    return vectors, [s for batch in batches for s in batch.skipped]


def decode_threads():
    return [t for t in threading.enumerate() if t.name.startswith("decode")]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text("abc!?#", min_size=1, max_size=6), max_size=40), st.integers(1, 4))
def test_every_medium_is_encoded_or_skipped_once_and_in_order(values, threads):
    encoder = Letters()
    vectors, skipped = run(encoder, texts(*values), threads=threads)
    distinct = list(dict.fromkeys(values))
    good = [v for v in distinct if not set(v) & set("!?#")]
    assert list(vectors) == [f"d-{v}" for v in good]
    assert sorted(s.source for s in skipped) == sorted(f"d-{v}" for v in distinct if v not in good)
    assert all(vectors[f"d-{v}"].tolist() == [v.count("a"), v.count("b"), v.count("c"), len(v)] for v in good)
    assert set(encoder.prepared.values()) <= {1}
    assert not decode_threads()


def test_a_medium_that_cannot_be_decoded_is_named_and_the_rest_goes_on():
    vectors, skipped = run(Letters(), texts("a", "b!", "c#", "ab"))
    assert list(vectors) == ["d-a", "d-ab"]
    assert [(s.id, s.modality, s.reason) for s in skipped] == [
        ("item1", "text", "item 'item1': no exclamation marks, please"),
        ("item2", "text", "OSError: the disk is on fire"),
    ]


def test_a_medium_the_model_refuses_does_not_take_its_batch_along():
    vectors, skipped = run(Letters(), texts("a", "b?", "c", "nan", "bb"))
    assert list(vectors) == ["d-a", "d-c", "d-bb"]
    assert [s.reason for s in skipped] == [
        "RuntimeError: question in the batch",
        "encoder 'letters' gave a vector with NaN or infinity; leave this text out",
    ]


def test_a_batch_of_which_nothing_is_left_has_no_rows():
    (batch,) = encode_media(Letters(), texts("!", "?"))
    assert batch.digests == () and batch.vectors.shape == (0, 4) and batch.posterior is None


def test_digests_to_skip_are_not_even_decoded():
    encoder = Letters()
    vectors, _ = run(encoder, texts("a", "b", "c"), skip={"d-b"})
    assert list(vectors) == ["d-a", "d-c"] and "d-b" not in encoder.prepared


def test_nothing_to_do_needs_no_weights():
    class NoWeights(Letters):
        def load(self):
            raise BadInput("the weights are missing; pip install weights")

    assert list(encode_media(NoWeights(), [])) == []
    with pytest.raises(BadInput, match="pip install weights"):
        list(encode_media(NoWeights(), texts("a")))
    assert not decode_threads()


def test_progress_goes_from_nothing_to_all():
    seen = []
    run(Letters(), texts(*"abcdefgh"), progress=lambda fraction, message: seen.append(fraction))
    assert seen == [0, 3 / 8, 6 / 8, 1]


def test_progress_never_counts_to_nothing():
    words = []
    run(Letters(), texts("a"), skip={texts("a")[0].digest}, progress=lambda fraction, message: words.append(message))
    assert words == ["encoding text: nothing is new"]


def test_cancelling_keeps_what_was_done_and_leaves_no_thread():
    def stop_at_half(fraction, message):
        if fraction >= 0.5:
            raise Cancelled

    kept = []
    with pytest.raises(Cancelled):
        for batch in encode_media(Letters(), texts(*map(str, range(100))), progress=stop_at_half):
            kept += batch.digests
    assert kept == [f"d-{i}" for i in range(51)] and not decode_threads()


def test_leaving_early_leaves_no_thread_and_decodes_no_further():
    encoder = Letters()
    batches = encode_media(encoder, texts(*map(str, range(1000))))
    next(batches)
    batches.close()
    assert not decode_threads() and len(encoder.prepared) <= 3 * (BATCHES_AHEAD + 2)


def test_decoding_runs_ahead_but_not_away():
    """However many media there are, only a few batches of them are in memory."""
    encoder = Letters()
    run(encoder, texts(*map(str, range(3000))), threads=4)
    assert 3 < encoder.most_waiting <= 3 * (BATCHES_AHEAD + 2)


def test_decoding_happens_in_worker_threads():
    encoder = Letters()
    run(encoder, texts(*map(str, range(50))), settings=Settings(threads=2))
    assert encoder.threads and all(name.startswith("decode") for name in encoder.threads)


def test_real_files_survive_a_broken_one(tmp_path: Path):
    from PIL import Image

    from mmalign_core.encoders import ENCODERS

    for i, colour in enumerate(("red", "green", "blue")):
        Image.new("RGB", (80, 60), colour).save(tmp_path / f"{i}.png")
    (tmp_path / "1.png").write_text("not a picture", encoding="utf-8")
    files = [tmp_path / f"{i}.png" for i in range(3)]
    media = [Media(f"m{i}", "image", digest_file(path), path=str(path)) for i, path in enumerate(files)]
    batches = list(encode_media(ENCODERS.create("efficientnet-lite0"), media))
    assert [d for b in batches for d in b.digests] == [media[0].digest, media[2].digest]
    assert [(s.id, s.source) for b in batches for s in b.skipped] == [("m1", media[1].digest)]
    assert batches[0].vectors.shape == (2, 1280) and batches[0].posterior.shape == (2, 1000)

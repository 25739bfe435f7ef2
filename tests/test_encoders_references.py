"""References name an encoder and, where it can load several, its model; keys lead back to them."""

import pytest

from mmalign_core.encoders import ENCODERS, create_encoder, is_known, reference_of
from mmalign_core.types import BadInput
from mmalign_core.workflow.encoded.encoding import encoder


@pytest.mark.parametrize("name", ["use-multilingual", "efficientnet-lite0", "yamnet"])
def test_a_key_leads_back_to_its_encoder(name: str) -> None:
    made = create_encoder(name)
    assert reference_of(made.key) == name and is_known(name)
    assert encoder(name) is encoder(name, made.modality), "weights are loaded once, however it is asked for"


def test_a_model_behind_the_colon_belongs_to_the_reference() -> None:
    assert reference_of("open-clip:hf-hub:org/name@1") == "open-clip:hf-hub:org/name"
    assert not is_known("made-elsewhere") and reference_of("given") == "given"


@pytest.mark.parametrize(
    ("reference", "modality", "words"),
    [
        ("use-multilingual", "image", "reads text, not image"),
        ("use-multilingual:other", "text", "one model only"),
        ("use-multilingal", "text", "did you mean 'use-multilingual'"),
    ],
)
def test_what_cannot_be_made_is_named(reference: str, modality: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        create_encoder(reference, modality)


def test_every_encoder_says_what_it_reads() -> None:
    for name in ENCODERS.names():
        assert ENCODERS.get(name).reads()

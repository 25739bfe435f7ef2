"""References name an encoder and, where it can load several, its model; keys lead back to them."""

import weakref

import pytest

from mmalign_core.encoders import ENCODERS, create_encoder, full_reference, params_of, with_params, without_params
from mmalign_core.encoders.batched.instances import encoder, unload_idle
from mmalign_core.spaces import is_known, parts_of, reference_of, space_of, text_tower
from mmalign_core.types import BadInput


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


@pytest.mark.parametrize(
    ("reference", "canonical", "params"),
    [
        ("video-frames", "video-frames", {}),
        ("video-frames[most=32,per_second=1.0]", "video-frames", {}),
        ("video-frames[ per_second=2, most=8 ]", "video-frames[most=8,per_second=2]", {"most": 8, "per_second": 2.0}),
        ("video-frames[per_second=0.25]:colour-gradient", "video-frames[per_second=0.25]:colour-gradient",
         {"per_second": 0.25}),
    ],
)  # fmt: skip
def test_one_choice_of_parameters_has_one_key(reference: str, canonical: str, params: dict) -> None:
    made = create_encoder(reference, "video")
    assert reference_of(made.key) == full_reference(reference) == canonical and params_of(reference) == params
    assert made.params == {"most": 32, "per_second": 1.0} | params
    assert create_encoder(reference_of(made.key)).key == made.key
    assert with_params(without_params(reference), params) == canonical
    assert encoder(reference) is encoder(canonical, "video"), "however it is spelt, weights are loaded once"


def test_an_idle_encoder_is_dropped_but_never_twice_in_memory() -> None:
    used = encoder("video-frames", "video")
    assert unload_idle(3600) == 0 and encoder("video-frames", "video") is used
    assert unload_idle(0) >= 1
    assert encoder("video-frames", "video") is used, "it is still in use here, so that no second one is loaded"
    gone = weakref.ref(used)
    del used
    unload_idle(0)
    assert gone() is None, "nobody holds it any more"


def test_brackets_count_only_behind_the_name() -> None:
    assert parts_of("open-clip:local-dir:/m/clip[1]") == ("open-clip", "", "local-dir:/m/clip[1]")
    assert params_of("clap:org/a[b=1]") == {} and without_params("clap:org/a[b=1]") == "clap:org/a[b=1]"
    inner = "open-clip:local-dir:/m/clip[1]@home"
    key = f"video-frames[most=8]:{inner}@2-x"
    assert parts_of(reference_of(key)) == ("video-frames", "[most=8]", inner)
    assert text_tower(key, "video") == inner and space_of(reference_of(key)) == space_of(inner)


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("video-frames[moost=8]", r"unknown parameter 'moost'; video-frames takes: most, per_second"),
        ("video-frames[most=0]", "most: '0' is outside 1 to 10000"),
        ("video-frames[most=many]", "not of type int"),
        ("video-frames[per_second=nan]", "not a number"),
        ("video-frames[most=8", "bracket is not closed"),
        ("video-frames[most=8:colour-gradient", "bracket is not closed"),
        ("video-frames[most=8]more", "bracket is not closed"),
        ("video-frames[most=8][most=9]", "bracket is not closed"),
        ("video-frames[most=8,most=9]", "given twice"),
        ("video-frames[]", "not of the form name=value"),
        ("yamnet[most=8]", "unknown parameter 'most'; yamnet takes: none"),
        ("yamet[most=8]", "did you mean 'yamnet'"),
    ],
)
def test_parameters_that_cannot_be_are_one_line(reference: str, words: str) -> None:
    for use in (create_encoder, full_reference, encoder):
        with pytest.raises(BadInput, match=words) as caught:
            use(reference)
        assert "\n" not in str(caught.value)

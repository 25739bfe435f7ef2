"""CLAP's spectrograms are those of the library's own extractor, whatever its settings and the sound's length."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mmalign_core.encoders.clap.mel import ClapMel
from mmalign_core.encoders.torch_models.torch_companions import hide_broken_companions

pytest.importorskip("transformers", reason="transformers is an optional package")
hide_broken_companions()

SETTINGS = (
    {"truncation": "rand_trunc"},
    {"truncation": "fusion"},
    {"truncation": "rand_trunc", "padding": "repeat"},
    {"truncation": "fusion", "padding": "pad"},
    {"truncation": "rand_trunc", "max_length_s": 3, "feature_size": 32, "sampling_rate": 16_000, "frequency_max": 8000},
)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("share", [1e-5, 0.03, 0.4, 0.5, 0.7, 1.0])
def test_spectrograms_are_the_librarys_own(settings, share):
    from transformers import ClapFeatureExtractor

    extractor = ClapFeatureExtractor(**settings)
    count = max(1, int(share * extractor.nb_max_samples))
    rng = np.random.default_rng(count)
    samples = (np.sin(np.arange(count) / 7) / 2 + rng.standard_normal(count) * 10 ** rng.uniform(-6, -1)).astype("f4")
    samples[count // 2 :] *= rng.integers(2)
    theirs = extractor(samples, sampling_rate=extractor.sampling_rate, return_tensors="np")["input_features"][0]
    ours = ClapMel(extractor)(samples)
    assert ours.shape == theirs.shape and ours.dtype == np.float32
    np.testing.assert_allclose(ours, theirs, atol=2e-3)


def test_silence_is_at_the_floor():
    from transformers import ClapFeatureExtractor

    assert (ClapMel(ClapFeatureExtractor(truncation="rand_trunc"))(np.zeros(9, np.float32)) == -100).all()


@pytest.mark.parametrize("before", ["", "from transformers.utils import is_torchaudio_available as a; assert a(); "])
def test_a_torchaudio_that_does_not_fit_torch_stops_nothing(tmp_path, before):
    """Such a one raises OSError when its compiled part is loaded; transformers imports it wherever it finds it."""
    (tmp_path / "torchaudio").mkdir()
    (tmp_path / "torchaudio" / "__init__.py").write_text("raise OSError('Could not load this library')")
    code = (
        f"{before}from mmalign_core.encoders.torch_models.torch_companions import hide_broken_companions; "
        "hide_broken_companions(); import transformers.audio_utils, torch; print('imported')"
    )
    paths = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[1])])
    shown = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True
    )
    assert shown.stdout == "imported\n", shown.stderr

"""Pictures are made tensors without torch, to the same last bit."""

import numpy as np
import pytest
from PIL import Image

from mmalign_core.encoders.openclip.encoder import preprocessed
from mmalign_core.encoders.openclip.sources import import_open_clip

MODES = {
    "crop": {},
    "squash": {"resize_mode": "squash", "interpolation": "bilinear"},
    "pad": {"resize_mode": "longest"},
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", [(64, 64), (300, 200), (31, 90)])
def test_pixels_are_those_of_the_librarys_steps(mode, size):
    transform = import_open_clip().transform.image_transform(64, is_train=False, **MODES[mode])
    rng = np.random.default_rng(sum(size))
    image = Image.fromarray(rng.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8))
    ours = preprocessed(image, transform.transforms)
    assert ours.dtype == np.float32 and ours.flags.c_contiguous
    np.testing.assert_array_equal(ours, transform(image).numpy())


def test_other_steps_are_taken_as_they_are():
    from torchvision import transforms

    image = Image.fromarray(np.arange(75, dtype=np.uint8).reshape(5, 5, 3))
    for steps in (
        [transforms.ToTensor()],
        [transforms.ToTensor(), transforms.Normalize(0.5, 0.2), transforms.CenterCrop(3)],
    ):
        np.testing.assert_array_equal(preprocessed(image, steps), transforms.Compose(steps)(image).numpy())

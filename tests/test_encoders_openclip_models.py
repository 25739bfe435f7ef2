"""Names of OpenCLIP models: what a reference names, the nearest of a misspelt one, and the short list."""

from importlib.metadata import metadata

import pytest
import torch

from mmalign_core.encoders import create_encoder
from mmalign_core.encoders.openclip.sources import import_open_clip
from mmalign_core.model_files.catalogue import SUGGESTED
from mmalign_core.types import BadInput


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("", "Recommended: small and fast: open-clip:ViT-B-32-256/datacomp_s34b_b86k .*72.8%, licence: MIT, see "),
        ("ViT-B-32/openia", "did you mean ViT-B-32/openai"),
        ("ViT-B32/openai", "did you mean ViT-B-32/openai"),
        ("ViT-B-32", "did you mean ViT-B-32/openai"),
        ("hf-hub:name", "write hf-hub:ORG/NAME"),
        ("hf-hub:../..", "write hf-hub:ORG/NAME"),
        ("local-dir:", "no folder"),
        ("local-dir:/no/such/folder", "there is no folder '/no/such/folder'"),
    ],
)
def test_a_model_that_is_not_known_is_told_with_the_nearest(model, words):
    with pytest.raises(BadInput, match=words) as caught:
        create_encoder(f"open-clip:{model}", "text")
    assert "\n" not in str(caught.value)


def test_a_folder_nearly_named_so_is_suggested(tmp_path):
    (tmp_path / "my-model").mkdir()
    with pytest.raises(BadInput, match=r"did you mean '.*my-model'"):
        create_encoder(f"open-clip:local-dir:{tmp_path}/my-modle", "text")


def test_the_recommended_models_exist_and_their_figures_are_open_clips_own():
    open_clip = import_open_clip()
    table = metadata("open_clip_torch").get_payload() or metadata("open_clip_torch")["Description"]
    recommended = [entry for entry in SUGGESTED if entry.encoder == "open-clip"]
    for entry in recommended:
        name, tag = entry.model.split("/")
        assert open_clip.get_pretrained_cfg(name, tag)["hf_hub"].rstrip("/") == entry.repository
        assert f"{entry.accuracy}%" in table
    smallest = open_clip.get_model_config(recommended[0].model.split("/")[0])
    with torch.device("meta"):
        weights = sum(p.numel() for p in open_clip.CLIP(**smallest).parameters())
    assert round(weights / 1e6) == recommended[0].millions

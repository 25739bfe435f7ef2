"""A tiny EmbeddingGemma 2 with random weights: one model of texts, pictures, sounds and videos, as it is saved."""

from pathlib import Path
from typing import Any

from mmalign_core.encoders.torch_models.torch_companions import hide_broken_companions

hide_broken_companions()  # before anybody imports transformers

_MARKS = "<pad> <eos> <bos> <unk> <|image|> <|boi|> <|eoi|> <|audio|> <|boa|> <|eoa|> <|video|>"
MARKS = _MARKS.split()
_WORDS = "a dog brown runs over wet sand rain red birds sing : task search query title none text png"
WORDS = _WORDS.split()
WIDTH = 24
PROMPTS = {"query": "task : search query : ", "document": "title : none text : "}
_TOWER = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
_HEADS = {"num_key_value_heads": 1, "head_dim": 16, "global_head_dim": 16}


CHAT = """{% for m in messages %}{% if m['content'] is string %}{{ m['content'] }}{% else %}{% for c in m['content'] %}\
{% if c['type'] == 'text' %}{{ c['text'] }}{% else %}{{ '<|' + c['type'] + '|>' }}{% endif %}{% endfor %}{% endif %}\
{% endfor %}"""
"""A template that writes messages as their texts and the marks of their media."""


def save_gemma(folder: Path, *, chat: bool = False) -> Path:
    """The model with pooling, a norm and prompts, as sentence-transformers saves it; `chat`: it reads messages too."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Normalize, Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling

    raw = folder.with_name(f"{folder.name}-raw")
    _model().save_pretrained(raw)
    processor = _processor()
    processor.chat_template = CHAT if chat else None
    processor.save_pretrained(raw)
    modules = [Transformer(str(raw)), Pooling(WIDTH, pooling_mode="mean"), Normalize()]
    SentenceTransformer(modules=modules, prompts=PROMPTS, device="cpu").save(str(folder))
    return folder


def _model() -> Any:
    import torch
    from transformers import EmbeddingGemma2Config, EmbeddingGemma2Model

    text = {
        "vocab_size": len(MARKS) + len(WORDS),
        "intermediate_size": 48,
        "embedding_dim": WIDTH,
        "sliding_window": 64,
    }
    text |= {"hidden_size_per_layer_input": 8, "layer_types": ["sliding_attention", "full_attention"]}
    vision = {"model_type": "gemma4_vision", "intermediate_size": 48, "patch_size": 8, "position_embedding_size": 64}
    audio = {"model_type": "gemma4_audio", "subsampling_conv_channels": [128, 4], "output_proj_dims": 32}
    names = ("image_token_id", "boi_token_id", "eoi_token_id", "audio_token_id", "boa_token_id", "eoa_token_index")
    config = EmbeddingGemma2Config(
        text_config={**_TOWER, **_HEADS, **text},
        vision_config={**_TOWER, **_HEADS, **vision, "num_key_value_heads": 2, "pooling_kernel_size": 2},
        audio_config={**_TOWER, **audio, "conv_kernel_size": 3},
        video_token_id=MARKS.index("<|video|>"),
        **{name: 4 + place for place, name in enumerate(names)},
    )
    torch.manual_seed(0)
    model = EmbeddingGemma2Model(config).eval()
    for weights in model.parameters():
        if weights.ndim > 1:  # fresh ones are so small that all media agree
            torch.nn.init.normal_(weights, std=1.5 * weights[0].numel() ** -0.5)
    return model


def _processor() -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import EmbeddingGemma2Processor, PreTrainedTokenizerFast
    from transformers.models.embedding_gemma2 import video_processing_embedding_gemma2 as videos
    from transformers.models.gemma4.feature_extraction_gemma4 import Gemma4AudioFeatureExtractor
    from transformers.models.gemma4.image_processing_pil_gemma4 import Gemma4ImageProcessorPil

    vocabulary = {word: place for place, word in enumerate([*MARKS, *WORDS])}
    made = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    ends = [("<bos>", 2), ("<eos>", 1)]
    made.post_processor = processors.TemplateProcessing(single="<bos> $A <eos>", special_tokens=ends)
    names = {"pad_token": "<pad>", "eos_token": "<eos>", "bos_token": "<bos>", "unk_token": "<unk>"}
    media = ("image_token", "boi_token", "eoi_token", "audio_token", "boa_token", "eoa_token")
    extra = {name: MARKS[4 + place] for place, name in enumerate(media)}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=made, extra_special_tokens=extra, **names)
    sizes: dict[str, Any] = {"patch_size": 8, "max_soft_tokens": 70, "pooling_kernel_size": 2}
    frames = videos.EmbeddingGemma2VideoProcessor(**sizes)
    return EmbeddingGemma2Processor(Gemma4AudioFeatureExtractor(), Gemma4ImageProcessorPil(**sizes), tokenizer, frames)

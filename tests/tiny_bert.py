"""A tiny BERT with random weights, and sentence-transformers models made of it, saved as the library saves them."""

from pathlib import Path

from mmalign_core.encoders.torch_models.torch_companions import hide_broken_companions

hide_broken_companions()  # before anybody imports transformers

VOCABULARY = "a dog brown runs over wet sand rain falls on the roof train station red two birds sing passage : query"
WORDS = VOCABULARY.split()
TEXTS = ("A brown dog runs over wet sand.", "rain", "two red birds sing on the roof " * 3, "Train station: a dog.")


def save_bert(folder: Path) -> str:
    """A BERT of two layers with random weights, as transformers saves it."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder.mkdir(parents=True)
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", *dict.fromkeys(WORDS)]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    tokenizer = BertTokenizerFast(vocab={word: i for i, word in enumerate(vocabulary)}, model_max_length=32)
    tokenizer.save_pretrained(folder)
    torch.manual_seed(1)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
    config = BertConfig(vocab_size=len(vocabulary), max_position_embeddings=40, **sizes)
    model = BertModel(config)
    for weights in model.parameters():
        if weights.ndim > 1:  # fresh ones are so small that all texts agree
            torch.nn.init.normal_(weights, std=1.5 * weights.shape[-1] ** -0.5)
    model.save_pretrained(folder)
    return str(folder)


def save_model(
    folder: Path,
    bert: str,
    *,
    prompts: dict[str, str] | None = None,
    dense: int = 0,
    unit: bool = True,
    pooling: str = "mean",
) -> Path:
    """BERT, pooling, and what may follow, as sentence-transformers saves it."""
    from sentence_transformers import SentenceTransformer, models

    transformer = models.Transformer(bert, max_seq_length=24)
    modules = [transformer, models.Pooling(32, pooling_mode=pooling)]
    modules += [models.Dense(32, dense)] if dense else []
    modules += [models.Normalize()] if unit else []
    made = SentenceTransformer(modules=modules, prompts=prompts, device="cpu")
    made.save(str(folder))
    return folder

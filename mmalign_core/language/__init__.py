"""Language models: off by default, they word what an explanation holds and may re-rank; none is needed for either."""

from mmalign_core.language.base import LANGUAGE_MODELS, LanguageModel, register

__all__ = ["LANGUAGE_MODELS", "LanguageModel", "register"]

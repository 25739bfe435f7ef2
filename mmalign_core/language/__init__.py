"""Language models. They are optional: they can phrase explanations and re-rank recommendations."""

from mmalign_core.language.base import LANGUAGE_MODELS, LanguageModel, register

__all__ = ["LANGUAGE_MODELS", "LanguageModel", "register"]

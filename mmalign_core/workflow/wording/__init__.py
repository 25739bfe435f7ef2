"""Use cases of language: sentences, interests and re-ranking, with a language model or without."""

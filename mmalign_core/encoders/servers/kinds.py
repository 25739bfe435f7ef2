"""The kinds of embedding servers: OpenAI-compatible ones, Cohere's, Jina's and Voyage's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mmalign_core.encoders.base import register
from mmalign_core.encoders.servers.base import ServerEncoder
from mmalign_core.wording import say


@register("openai-server")
class OpenAiServer(ServerEncoder):
    """POST /embeddings with a list of texts, as OpenAI, vLLM, llama.cpp, Ollama, TEI and LM Studio answer it."""

    modality = "text"
    summary = say("Texts through an OpenAI-compatible embedding server, sent only with --send: openai-server:MODEL")
    usual = "https://api.openai.com/v1"

    def question(self, prepared: Sequence[str]) -> tuple[str, Mapping[str, Any]]:
        """Model, texts, and the dimensions if fewer are asked for."""
        body: dict[str, Any] = {"model": self.model, "input": list(prepared), "encoding_format": "float"}
        return "/embeddings", body | ({"dimensions": self.dims} if self.dims else {})


@register("jina-server")
class JinaServer(ServerEncoder):
    """POST /embeddings with texts or pictures, each in an object of its own."""

    modality = "text"
    modalities = ("text", "image")
    summary = say(
        "Texts and pictures in one space through Jina's or a like server, sent only with --send: jina-server:MODEL"
    )
    usual = "https://api.jina.ai/v1"

    def question(self, prepared: Sequence[str]) -> tuple[str, Mapping[str, Any]]:
        """Model, media, task, and the dimensions if fewer are asked for."""
        task = "retrieval.query" if self.read_as == "query" else "retrieval.passage"
        body: dict[str, Any] = {"model": self.model, "input": [{self.modality: one} for one in prepared], "task": task}
        return "/embeddings", body | ({"dimensions": self.dims} if self.dims else {})


@register("cohere-server")
class CohereServer(ServerEncoder):
    """POST /embed with texts, or with one picture."""

    modality = "text"
    modalities = ("text", "image")
    summary = say("Texts and pictures in one space through Cohere's server, sent only with --send: cohere-server:MODEL")
    usual = "https://api.cohere.com/v2"

    @property
    def at_once(self) -> int:
        """One picture, as the interface allows no more, or a batch of texts."""
        return self.batch_size if self.modality == "text" else 1

    def question(self, prepared: Sequence[str]) -> tuple[str, Mapping[str, Any]]:
        """Model, texts or picture, kind of input, and the dimensions if fewer are asked for."""
        texts = "search_query" if self.read_as == "query" else "search_document"
        seen = {"images": list(prepared), "input_type": "image"}
        media = {"texts": list(prepared), "input_type": texts} if self.modality == "text" else seen
        body: dict[str, Any] = {"model": self.model, "embedding_types": ["float"], **media}
        return "/embed", body | ({"output_dimension": self.dims} if self.dims else {})

    def rows_of(self, answer: Any, count: int) -> list[Any]:
        """The vectors of an answer, `embeddings.float`."""
        return list(answer["embeddings"]["float"])


@register("voyage-server")
class VoyageServer(ServerEncoder):
    """POST /embeddings with texts, or /multimodalembeddings for the models that have "multimodal" in their names."""

    modality = "text"
    modalities = ("text", "image")
    summary = say(
        "Texts, and pictures by a multimodal model, through Voyage's server, sent only with --send: voyage-server:MODEL"
    )
    usual = "https://api.voyageai.com/v1"

    @classmethod
    def reads(cls, model: str = "") -> tuple[str, ...]:
        """Texts; pictures too for multimodal models, which have another address."""
        return ("text",) if model and "multimodal" not in model else cls.modalities

    def question(self, prepared: Sequence[str]) -> tuple[str, Mapping[str, Any]]:
        """Model, media, kind of input, and the dimensions if fewer are asked for."""
        body: dict[str, Any] = {"model": self.model, "input_type": self.read_as}
        body |= {"output_dimension": self.dims} if self.dims else {}
        if "multimodal" not in self.model:
            return "/embeddings", body | {"input": list(prepared)}
        kind, name = ("text", "text") if self.modality == "text" else ("image_base64", "image_base64")
        inputs = [{"content": [{"type": kind, name: one}]} for one in prepared]
        return "/multimodalembeddings", body | {"inputs": inputs}

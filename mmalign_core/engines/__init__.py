"""Engines: where encoding and comparing run. `local`: in this process. `ray`: on the workers of a Ray cluster."""

from mmalign_core.engines.base import ENGINES, Engine, LocalEngine

__all__ = ["ENGINES", "Engine", "LocalEngine"]

"""Encoders whose model is a folder that a library saved: one here by its path, or a hub's by its name."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

from mmalign_core.encoders.torch_models.on_device import OnDevice
from mmalign_core.models import files_stamp, found_model, full_name, model_folder, weights_version


class InFolder(OnDevice):
    """One folder is one model, and one space."""

    version = "none"
    revision: ClassVar[int] = 1
    """Part of the version: changes when the same files give other vectors here."""
    licence = "the model's own"

    @classmethod
    @abstractmethod
    def check_files(cls, folder: Path) -> None:
        """BadInput unless all files of such a model are there, whole, of one size and without code."""

    @classmethod
    def of_model(cls, model: str, modality: str) -> Self:
        """An instance for that model and modality; BadInput with the command that fetches it if it is not here."""
        cls.folders()
        made: Any = cls()
        made.model, made.folder = found_model(cls.name, model)
        cls.check_files(made.folder)
        made.modality, made.space = modality, cls.space_of(made.model)
        made.version = f"{cls.revision}-{weights_version(made.folder)}"
        return made

    @classmethod
    def full_name(cls, model: str) -> str:
        """A folder's whole path, or ORGANISATION/NAME."""
        return full_name(cls.name, model)

    @classmethod
    def space_of(cls, model: str) -> str:
        """Every model has its own, which its towers share."""
        return f"{cls.name}:{model}"

    @classmethod
    def stamp(cls, model: str) -> Any:
        """Of the folder's files."""
        return files_stamp(found_model(cls.name, model)[1])

    @cached_property
    def folder(self) -> Path:
        """Where the model's files lie. BadInput if the encoder was given no model, or a package is missing."""
        self.folders()
        return model_folder(self.name, self.model)

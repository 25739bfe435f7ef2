"""An encoder whose model is one folder: found by name, checked, and known by a version of its files."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

from mmalign_core.data.names import shown
from mmalign_core.encoders.base import Encoder
from mmalign_core.model_files import files_stamp, found_model, full_name, model_folder, repository, weights_version
from mmalign_core.model_files.locations import is_repository
from mmalign_core.model_files.requirements import RequiredFiles
from mmalign_core.types import BadInput


class FolderModel(Encoder):
    """An encoder whose model is one folder, with its own vector space."""

    version = "none"
    revision: ClassVar[int] = 1
    """Part of the version. It changes when this code computes other vectors from the same files."""
    licence = "the model's own"

    @classmethod
    @abstractmethod
    def check_files(cls, folder: Path) -> None:
        """Raise BadInput unless the folder holds all files of a model, complete, consistent and without code."""

    @classmethod
    def of_model(cls, model: str, modality: str) -> Self:
        """An instance for the model and modality. Raises BadInput with the fetch command if the model is missing."""
        cls.folders()
        instance: Any = cls()
        instance.model, instance.folder = found_model(cls.name, model)
        cls.check_files(instance.folder)
        instance.modality, instance.space = modality, cls.space_of(instance.model)
        instance.version = f"{cls.revision}-{weights_version(instance.folder)}"
        return instance

    @classmethod
    def full_name(cls, model: str) -> str:
        """The absolute path of a folder, or ORGANISATION/NAME."""
        return full_name(cls.name, model)

    @classmethod
    def space_of(cls, model: str) -> str:
        """Each model has its own space, which its towers share."""
        return f"{cls.name}:{model}"

    @classmethod
    def hub_files(cls, model: str) -> tuple[RequiredFiles, ...]:
        """The files of the model's repository. Raises BadInput if `model` is not a name on the hub."""
        name = repository(cls.name, model)
        if not is_repository(name):
            raise BadInput(f"'{shown(model)}' is no name on the hub; give ORGANISATION/NAME")
        return (RequiredFiles(name),)

    @classmethod
    def stamp(cls, model: str) -> Any:
        """The stamp of the folder's files."""
        return files_stamp(found_model(cls.name, model)[1])

    @cached_property
    def folder(self) -> Path:
        """The folder of the model's files. Raises BadInput if the encoder has no model, or a package is missing."""
        self.folders()
        return model_folder(self.name, self.model)

"""Model files: locate them on this machine, check that they are complete, and download them from a hub."""

from mmalign_core.model_files.catalogue import KNOWN
from mmalign_core.model_files.locations import found_model, full_name, model_folder, repository
from mmalign_core.model_files.weights import check_weights, files_stamp, weights_version

__all__ = [
    "KNOWN",
    "check_weights",
    "files_stamp",
    "found_model",
    "full_name",
    "model_folder",
    "repository",
    "weights_version",
]

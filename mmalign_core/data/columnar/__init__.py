"""Tables that hold vectors and media themselves: Parquet, Arrow files of Hugging Face datasets, Lance."""

from mmalign_core.data.columnar.source import Source
from mmalign_core.data.columnar.sources import file_source, files_source, folder_source
from mmalign_core.data.columnar.table import read_source

__all__ = ["Source", "file_source", "files_source", "folder_source", "read_source"]

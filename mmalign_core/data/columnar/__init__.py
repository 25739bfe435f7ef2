"""Tables that hold vectors and media themselves: Parquet, Arrow files of Hugging Face datasets, Lance."""

from mmalign_core.data.columnar.finding import file_source, files_source, folder_source
from mmalign_core.data.columnar.reading import read_source
from mmalign_core.data.columnar.source import Source

__all__ = ["Source", "file_source", "files_source", "folder_source", "read_source"]

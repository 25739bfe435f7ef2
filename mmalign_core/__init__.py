"""MMAlign's core: read media, encode, align into one space, match, measure, project, recommend.

Importing this package is cheap: torch, faiss, umap and lancedb load where they are used.
"""

__version__ = "0.1.0"

"""MMAlign's core: read media, encode, align into one space, match, measure, project, recommend.

Importing this package is cheap: torch, faiss, umap and lancedb load where they are used.
"""

import os

__version__ = "0.1.0"

# Threads that wait for work spin unless told to sleep, and so take the cores from the threads they wait for: beside
# other work a fit took 320 s in place of 54. Read when torch or faiss first load, hence set here.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

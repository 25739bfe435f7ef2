"""Any sentence-transformers model: texts."""

"""Any CLAP model: sounds and texts in one space."""

"""Any OpenCLIP model: pictures and texts in one space."""

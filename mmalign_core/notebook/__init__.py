"""The face for notebooks: data in, a run with figures and reasons out. `import mmalign_core as mm` gives it."""

"""What the pages share: state, caches, background work, forms, previews."""

"""Models: catalogue, download, verification, activation."""

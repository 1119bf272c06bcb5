"""Composition roots, one a process: the only places that construct other packages."""

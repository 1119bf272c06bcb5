"""The people that the owner knows: `book` is the repository, `door` its async face."""

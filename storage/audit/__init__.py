"""Who changed what, in a chain that shows when it was tampered with. `log` is the repository, `door` its async face."""

"""The console: the whole box at a terminal, over SSH too. It knows the box by its control socket alone."""

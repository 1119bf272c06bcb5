"""Sound in and out in 20 ms frames."""

"""Metal: the modem, its sound, its simulator. Knows nobody."""

"""Voices of the simulated callers: phrases.toml, the WAV files made from it, and the script that makes them."""

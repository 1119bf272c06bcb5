"""Ready personas, one TOML file each, with a part for each language."""

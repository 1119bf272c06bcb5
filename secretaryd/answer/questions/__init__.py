"""General questions, one TOML file for each language."""

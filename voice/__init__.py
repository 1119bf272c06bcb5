"""Sound and words: recognition, synthesis, language model, turn-taking. Knows nobody."""

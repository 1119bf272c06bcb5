"""The llm process: one GGUF model behind an OpenAI-compatible API."""

"""How the starter chat model was made: dialogues, tokenizer, network, GGUF. Run `python -m voice.starter.llm.train`."""

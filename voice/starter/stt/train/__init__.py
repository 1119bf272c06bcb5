"""How the starter recogniser was made: texts, voices, features, network, decoding graph. Run `python -m voice.starter.stt.train`."""

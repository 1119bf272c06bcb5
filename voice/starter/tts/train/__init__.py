"""How the starter voice was made: analysis of recordings, alignment, network, vocoder, Piper's graph. Run `python -m voice.starter.tts.train`."""

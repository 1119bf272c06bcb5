"""The speech process: Vosk and Piper behind a Unix socket in Wyoming framing."""

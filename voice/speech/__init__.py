"""The speech process: Vosk and Piper behind a Unix socket in Wyoming framing, and its client.

`server.serve` is the process, `client.SpeechClient` everybody else's way to it; `protocol` says what goes over the
socket.
"""

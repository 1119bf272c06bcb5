"""The SMS desk: messages kept once, answers to them, and a queue that sends."""

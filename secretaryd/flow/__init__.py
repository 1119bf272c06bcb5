"""The flow that leads a call: a JSON graph run by a pure interpreter."""

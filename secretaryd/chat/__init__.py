"""The users' talks with the model, apart from any call."""

"""Chats of the page's users with the model."""

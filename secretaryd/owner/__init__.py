"""The owner's edits of settings, persona and FAQ: validated, written, undoable, at work at once."""

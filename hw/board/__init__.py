"""The board around the modem: its power key."""

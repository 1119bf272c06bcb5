"""What the owner should know of the SIM card: its balance, whether it is used, and how to ask the operator."""

"""A SIM7600G-H on two pseudo-terminals, with a network and a caller. Imports nothing of the driver."""

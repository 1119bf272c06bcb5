"""A call: pure machine, arbiter, and the driver that performs it."""

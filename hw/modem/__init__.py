"""The SIM7600 as facts and orders."""

"""Short messages: an inbox that takes each PDU once, and an outbox that survives a crash."""

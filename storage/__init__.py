"""The disk: database, recordings. Knows nobody.

`storage.store` is the door (Storage for core, Reader for everyone else), `storage.records` what passes through it.
"""

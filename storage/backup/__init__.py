"""Backups: one encrypted file each, made while the box runs, restored everything or nothing.

An archive is age (X25519; any `age` tool opens it) around gzip around a tar of plain files, the first of which is
`manifest.json`. It is sealed to two keys: the box's own, so that the box can check it and fall back to it by itself,
and the owner's key kit, without which nobody restores it on another card.
"""

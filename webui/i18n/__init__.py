"""Texts in Russian and English, one JSON file a language."""

from webui.i18n.texts import DEFAULT, LANGUAGES, Texts, load, preferred

__all__ = ["DEFAULT", "LANGUAGES", "Texts", "load", "preferred"]

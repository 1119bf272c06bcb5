"""Texts in Russian and English: gettext catalogues, a folder a language, a `.po` file a group of pages."""

from webui.i18n.texts import DEFAULT, LANGUAGES, Texts, load, preferred

__all__ = ["DEFAULT", "LANGUAGES", "Texts", "load", "preferred"]

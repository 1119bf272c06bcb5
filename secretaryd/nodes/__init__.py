"""The pool of language-model nodes."""

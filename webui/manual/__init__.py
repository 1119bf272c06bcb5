"""The manual: a folder a language, a Markdown file a topic. `TOPICS` in `webui.help` is their order."""

"""Finding words in what was said and noted: `text` and `query` are pure, `index` is a table of any kind of texts,
`calls` searches calls, `door` is the async face."""

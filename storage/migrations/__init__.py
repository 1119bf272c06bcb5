"""One file a change of the schema, in numeric order, with its tables inline; never edited once released."""

"""Russian: numbers, dates, money and abbreviations as they are said, in the right case."""

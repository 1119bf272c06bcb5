"""Text as it is spoken: numbers, dates, money, phones into words; sentences."""

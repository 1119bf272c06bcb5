"""What a second recogniser heard of calls that are over: `records`, `rows`, and `door`, the async face."""

"""secretaryctl."""

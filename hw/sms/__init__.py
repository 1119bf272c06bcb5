"""Short messages as bytes and as text, both ways (PURE): PDUs, splitting of long texts, joining of parts."""

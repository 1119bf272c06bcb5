"""What the box does when nobody calls: index, compress, make room, erase."""

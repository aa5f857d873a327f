"""Pages, one file each: PLACE in the row of links, PAGE with its fields and what it finds. Arithmetic is elsewhere."""

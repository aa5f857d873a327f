"""Pages, one file each: its layout, and what happens when a control changes."""

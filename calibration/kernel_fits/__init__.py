"""One module a law: its rows, its fit, and the section of a profile that comes of them."""

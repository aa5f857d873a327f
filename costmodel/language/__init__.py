"""How a quantity is said: units, symbols with meaning, smooth corners, LaTeX."""

"""One physical picture a file. Formulas know names only: no facts, no arrays."""

"""Where measurements come from: one module a source, each returning tidy tables in the project's own names."""

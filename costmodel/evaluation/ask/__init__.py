"""What can be asked of an assembled model: a step, a pool, a prompt, a load, a sweep, a table of points."""

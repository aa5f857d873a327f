"""From measured kernel latencies to the coefficients of the model's own formulas, with their errors on unseen rows."""

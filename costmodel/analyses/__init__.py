"""A question a file, answered from the evaluator alone."""

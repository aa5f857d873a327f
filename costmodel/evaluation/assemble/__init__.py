"""A deployment and a scheme as immutable inputs, kernel parameters and paths chosen once."""

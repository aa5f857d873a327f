"""One command a file: read, call, print. No arithmetic here."""

"""The numbers and verdicts of a report, one section a file; each returns a plain dataclass and knows no page."""

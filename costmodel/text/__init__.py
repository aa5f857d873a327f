"""What people type and what they watch while they wait: numbers, ranges and durations read; progress drawn."""

"""Figures: each file turns a result into a tidy table, and the table into a figure for paper."""

"""Profiles written and used: all fits of a GPU and engine, resumable; the machine at hand; what to measure next."""

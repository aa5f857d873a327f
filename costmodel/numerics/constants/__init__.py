"""The constants of a decoder (``facts/decoders``): fitted on a designed set, judged on the rest, printed as a fact file."""

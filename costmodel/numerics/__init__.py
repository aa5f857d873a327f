"""What a scheme does to a real model's answers: a small decoder runs with its cache really rounded, cut or dropped.

Formulas say how large an error should be; here it is measured. One sequence, no time: nothing in this room knows a GPU. It
needs torch, transformers and a decoder (extra ``numerics``), and alone imports them beside ``codecs`` and ``calibration``.
"""

"""Codec kernels in Triton: quantise and pack, fused dequantise and attention, eviction, moves, hashes, rotation, streams.

Importing the package loads no Triton; importing one of its modules does. Under ``TRITON_INTERPRET=1`` (set before the first
import of triton) they run on CPU tensors, which is how they are proven where there is no GPU.
"""

"""What a compiled kernel tells of a codec's cost without a GPU: compile, disassemble, find the loop, count, simulate.

Counts of instructions by pipe are a lower bound; an in-order simulation of one sub-partition of a multiprocessor is the
estimate, good to × or ÷ 1.5 for fp8 and × or ÷ 2 for integer codecs. One measurement replaces it.
"""

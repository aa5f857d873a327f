"""Reference encoders and decoders of cached numbers in torch: what a fast kernel must agree with, written to be read.

Nothing here is fast. Every function states shapes; a cache is ``[slot, head, channel]``, one slot a token. Importing the
package loads no torch; importing one of its modules does.
"""

"""A Hugging Face ``config.json`` read as the table that a model fact file holds.

Only shapes are taken, of the text tower, and of a vision tower its weights and widths: audio towers and multi-token
prediction layers are left out. What the table cannot express is refused by the key that asks for it, never approximated.
"""

from costmodel.facts.huggingface.fields import read_config
from costmodel.facts.huggingface.table import model_table

__all__ = ["model_table", "read_config"]

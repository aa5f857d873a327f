"""A conversation: in every turn the user adds tokens, the model answers, and all of it is history to the next.

The turn's prompt pass covers the new tokens where the cache of the history is still there and may go on, and all tokens where
it must be computed again. Conditions: turns are alike; nothing was dropped from the pool in between.
"""

from costmodel.language.quantity import Input, formula
from costmodel.language.symbols import generated

turn = Input("turn", "", "j", "Turn of a conversation, from 1.", "workload", positive=True)
user_tokens = Input(
    "user_tokens", "token/sequence", r"T_\mathrm{ask}", "Tokens that the user adds in a turn.", "workload"
)


@formula("token/sequence", r"T_j^{-}")
def turn_history():
    """Tokens before a turn begins."""
    return (turn - 1) * (user_tokens + generated)


@formula("token/sequence", r"T_j")
def turn_prompt():
    """Tokens that attention of the turn's first token sees."""
    return turn_history + user_tokens


@formula("token/sequence", r"T_j^{+}")
def turn_end():
    """Tokens that the conversation holds when the turn has ended."""
    return turn * (user_tokens + generated)

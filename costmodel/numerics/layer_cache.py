"""The cache of one layer of one sequence: exact rows beside those that a scheme keeps, and the scores that decide.

A pass attends to what is stored and to its own tokens, which are exact in it; then they join the store, are coded, and
what exceeds the budget leaves. The exact history stays beside it as the measure of the error; a scheme never reads it.
"""

import torch

from costmodel.codecs import eviction as codec
from costmodel.numerics.coded_tokens import CodedTokens, TokenRows
from costmodel.numerics.recipe import DecoderShape, Eviction, Recipe


class LayerCache:
    """Keys, values, positions [head, token] and scores [head, token] of one layer under a recipe."""

    def __init__(self, recipe: Recipe, shape: DecoderShape, layer: int):
        zone, rounds = recipe.zone, layer in recipe.rounded_layers
        arguments = shape.kv_heads, shape.head_width
        self.keys = CodedTokens(
            *arguments, recipe.key if rounds else None, zone.sinks, zone.recent_keys, zone.flush, zone.recode_all
        )
        self.values = CodedTokens(
            *arguments, recipe.value if rounds else None, zone.sinks, zone.recent_values, zone.flush, zone.recode_all
        )
        self.exact_keys, self.exact_values = TokenRows(*arguments), TokenRows(*arguments)
        self.positions = torch.empty(shape.kv_heads, 0, dtype=torch.long)
        self.eviction: Eviction | None = recipe.eviction
        self.budget = recipe.eviction.budgets[layer] if recipe.eviction else 0
        self.scores = torch.zeros(shape.kv_heads, 0)

    @property
    def length(self) -> int:
        """Tokens stored in every head."""
        return self.keys.length

    def append(self, keys: torch.Tensor, values: torch.Tensor) -> None:
        """Store a pass's rows [head, token, channel], exact while the pass attends to them."""
        added, seen = keys.shape[1], self.exact_keys.length
        for store, rows in (
            (self.keys, keys), (self.values, values), (self.exact_keys, keys), (self.exact_values, values),
        ):  # fmt: skip
            store.append(rows)
        fresh = torch.arange(seen, seen + added).expand(keys.shape[0], -1)
        self.positions = torch.cat((self.positions, fresh), 1)

    def settle(self, queries: torch.Tensor, weights: torch.Tensor, is_prompt: bool) -> None:
        """Code what the pass appended, score all tokens by it, and let go of what exceeds the budget.

        ``queries`` [query head, token, channel]; ``weights`` [head, query head, token, stored] is what they attended.
        """
        added = queries.shape[1]
        exact = self.exact_keys.rows[:, -added:]
        self.keys.settle(added)
        self.values.settle(added)
        if self.eviction:
            self._score(exact, queries, weights, added)
            if is_prompt or not self.eviction.at_prompt_end:
                self._evict()

    def _score(self, keys, queries, weights, added: int) -> None:
        """Scores after a pass: sums over the queries of all passes, or those of this pass alone, by the signal."""
        signal, before = self.eviction.signal, torch.nn.functional.pad(self.scores, (0, added))
        if signal == "attention_sum":
            self.scores = codec.scores(weights.sum(2), before)
        elif signal == "attention_last":
            self.scores = codec.scores(weights[:, :, -1], torch.zeros_like(before))
        elif signal == "attention_window":
            self.scores = codec.scores(weights[:, :, -self.eviction.queries :].sum(2), torch.zeros_like(before))
        elif signal == "keys":  # a small key attracts attention
            self.scores = torch.cat((self.scores, -keys.norm(dim=-1)), 1)
        elif signal == "page_bounds":
            self.scores = page_bounds(queries[:, -1], self.keys.rows)
        else:
            self.scores = before

    def _evict(self) -> None:
        if self.length <= self.budget:
            return
        ranked = self.scores.clone()
        ranked[:, : self.eviction.sinks] = torch.inf
        if self.eviction.recent:
            ranked[:, -self.eviction.recent :] = torch.inf
        kept = codec.best(ranked, self.budget)
        self.keys.keep(kept)
        self.values.keep(kept)
        self.positions, self.scores = self.positions.gather(1, kept), self.scores.gather(1, kept)

    def stored_error(self) -> tuple[float, float]:
        """Relative error (root mean square) of the stored keys and values against the exact rows of the same tokens."""
        index = self.positions.unsqueeze(-1).expand(-1, -1, self.keys.rows.shape[2])
        return tuple(
            float((store.rows - exact.rows.gather(1, index)).norm() / exact.rows.gather(1, index).norm())
            for store, exact in ((self.keys, self.exact_keys), (self.values, self.exact_values))
        )


def page_bounds(queries: torch.Tensor, keys: torch.Tensor, page: int = 16) -> torch.Tensor:
    """Quest's score [head, token]: the largest product that a page's bounds of every channel allow, the same for its tokens.

    ``queries`` [query head, channel], ``keys`` [head, token, channel]; query heads of a head are summed.
    """
    heads, length, width = keys.shape
    padded = torch.nn.functional.pad(keys, (0, 0, 0, -length % page), value=torch.nan).unflatten(1, (-1, page))
    low, high = padded.nan_to_num(torch.inf).amin(2), padded.nan_to_num(-torch.inf).amax(2)
    grouped = queries.reshape(heads, -1, 1, width)
    bounds = torch.maximum(grouped * low.unsqueeze(1), grouped * high.unsqueeze(1)).sum((1, 3))
    return bounds.repeat_interleave(page, 1)[:, :length]

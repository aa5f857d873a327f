"""How much of a stored error the newest tokens would carry: attention's weights of an exact cache, by distance.

An independent error of every value adds w²|v|² to the squared error of the output, one of every key w²|v − o|² times the noise
of its score. Summed over what lies behind a window, both fall like a power of the window.
"""

import numpy as np
import torch

from costmodel.numerics.layer_cache import LayerCache
from costmodel.numerics.recipe import FULL

WINDOWS = (1, 2, 4, 8, 16, 32, 64, 128, 256)  # tokens, the newest itself included


class Watched(LayerCache):
    """An exact cache that remembers the last pass's queries and weights."""

    def settle(self, queries, weights, is_prompt: bool) -> None:
        """As any cache; keeps what was attended."""
        super().settle(queries, weights, is_prompt)
        self.queries, self.weights = queries, weights


def error_shares(decoder, tokens: list[int], answer: int) -> np.ndarray:
    """Squared errors [keys or values, window] of attention's output from what lies behind each window, over that of the first.

    Means over layers and the last ``answer`` tokens, each relative to the square of its output.
    """
    cache = [Watched(FULL, decoder.shape, layer) for layer in range(decoder.shape.layers)]
    decoder.run(tokens[:-answer], [cache], is_prompt=True)
    total = np.zeros((2, len(WINDOWS)))
    for token in tokens[-answer:]:
        decoder.run([token], [cache], is_prompt=False)
        for layer in cache:
            total += _squares(layer)
    return total / total[:, :1]


def _squares(layer: Watched) -> np.ndarray:
    keys, values, weights = layer.keys.rows, layer.values.rows, layer.weights[:, :, 0]
    queries = layer.queries[:, 0].reshape(keys.shape[0], -1, keys.shape[2])
    output = weights @ values
    of_values = weights**2 * (values**2).sum(-1).unsqueeze(1)
    noise = queries.norm(dim=-1).unsqueeze(-1) * keys.norm(dim=-1).unsqueeze(1)
    apart = ((values.unsqueeze(1) - output.unsqueeze(2)) ** 2).sum(-1)
    of_keys = (weights * noise) ** 2 * apart / keys.shape[2] ** 2
    scale = float((output**2).sum())
    return np.array(
        [
            [float(part[..., : part.shape[-1] - window].sum()) / scale for window in WINDOWS]
            for part in (of_keys, of_values)
        ]
    )


def fit_power(shares: np.ndarray) -> float:
    """The power with which shares fall with the window."""
    return -float(np.polyfit(np.log(WINDOWS), np.log(shares), 1)[0])


def measure_recency(decoder, conversations: list[list[int]], answer: int = 8) -> list[float]:
    """The power of keys and that of values, over several pieces of text."""
    with torch.inference_mode():
        shares = np.mean([error_shares(decoder, tokens, answer) for tokens in conversations], axis=0)
    return [fit_power(one) for one in shares]

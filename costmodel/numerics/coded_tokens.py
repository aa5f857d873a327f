"""Keys or values of one layer as attention reads them: what is coded was really rounded, and went through its codes.

The newest tokens wait uncoded until a tile is full or the precise zone lets them go. A tile that has neither a zone nor is
full is coded again with every token that joins it: what was stored is decoded first, so its error accumulates.
"""

import torch

from costmodel.codecs.quantisers import restore, round_to_fp8, round_to_integers, round_to_signed_integers
from costmodel.numerics.recipe import Rounding


class TokenRows:
    """Rows [head, token, channel] of one tensor of a cache, with room to grow."""

    def __init__(self, heads: int, channels: int):
        self.data, self.length = torch.empty(heads, 0, channels), 0

    @property
    def rows(self) -> torch.Tensor:
        """What is held: [head, token, channel]."""
        return self.data[:, : self.length]

    def append(self, rows: torch.Tensor) -> None:
        """Add rows at the end."""
        end = self.length + rows.shape[1]
        if end > self.data.shape[1]:
            grown = torch.empty(self.data.shape[0], max(64, 2 * end), self.data.shape[2])
            grown[:, : self.length] = self.rows
            self.data = grown
        self.data[:, self.length : end] = rows
        self.length = end

    def keep(self, tokens: torch.Tensor) -> None:
        """Keep the tokens [head, kept] of every head, in that order."""
        kept = self.rows.gather(1, tokens.unsqueeze(-1).expand(-1, -1, self.data.shape[2]))
        self.length = kept.shape[1]
        self.data[:, : self.length] = kept


class CodedTokens(TokenRows):
    """Rows of keys or of values under a rounding; ``recent`` and ``flush`` tokens of the zone belong to them."""

    def __init__(
        self, heads: int, channels: int, rounding: Rounding | None, sinks=0, recent=0, flush=1, recode_all=False
    ):
        super().__init__(heads, channels)
        self.rounding, self.sinks, self.recent, self.flush, self.recode_all = rounding, sinks, recent, flush, recode_all
        self.waiting = 0  # newest tokens that are not yet coded for good
        self.static_scale: torch.Tensor | None = None

    def settle(self, added: int) -> None:
        """Code what the zone lets go, after ``added`` tokens were appended; ``sinks`` first tokens are never coded."""
        if self.rounding is None:
            return
        self.waiting = min(self.waiting + added, self.length - self.sinks)
        if self.waiting <= 0:
            self.waiting = 0
            return
        tile = self.rounding.tokens or 1
        if self.recode_all:
            self._flush_all()
        elif tile == 1:
            self._code_oldest(self.waiting - self.recent)
        elif self.recent == 0 and self.flush == 1:
            self._code_oldest(self.waiting - self.waiting % tile)
            if self.waiting:  # the open tile: coded now, and again when the next token joins it
                self._round(self.length - self.waiting, self.length)
        else:
            self._flush_tiles(tile)

    def _flush_tiles(self, tile: int) -> None:
        """Whole flushes, oldest first, so that the zone holds ``recent`` tokens on average over its fill."""
        size = max(self.flush - self.flush % tile, tile)
        while self.waiting >= self.recent + (self.flush // 2 if self.flush > 1 else tile):
            before = self.waiting
            self._code_oldest(min(size, self.waiting - self.waiting % tile))
            if self.waiting == before:
                return

    def _flush_all(self) -> None:
        """When the zone is full, everything that is stored is decoded and coded again with it."""
        if self.waiting >= self.recent + self.flush // 2:
            self._round(self.sinks, self.length)
            self.waiting = 0

    def _code_oldest(self, count: int) -> None:
        if count > 0:
            start = self.length - self.waiting
            self._round(start, start + count)
            self.waiting -= count

    def _round(self, start: int, end: int) -> None:
        """Replace tokens start … end − 1 by what their codes stand for."""
        rows, rounding = self.data[:, start:end], self.rounding
        assert rounding is not None
        if rounding.code == "fp8":
            rows.copy_(round_to_fp8(rows).float())
            return
        if rounding.tokens is None:
            if self.static_scale is None:
                _, self.static_scale = round_to_signed_integers(rows, (0, 1, 2), rounding.bits)
            most = 2 ** (rounding.bits - 1) - 1
            codes = (rows / self.static_scale.float()).round().clamp(-most, most)
            rows.copy_(restore(codes, self.static_scale))
            return
        whole = (end - start) - (end - start) % rounding.tokens
        for begin, finish, tokens in (
            (start, start + whole, rounding.tokens),
            (start + whole, end, end - start - whole),
        ):
            if finish > begin:
                part = self.data[:, begin:finish]
                part.copy_(round_trip(part, rounding, tokens))


def round_trip(rows: torch.Tensor, rounding: Rounding, tokens: int) -> torch.Tensor:
    """Rows [head, token, channel] after rounding in tiles of so many tokens × the rounding's channels × its heads."""
    heads, length, channels = rows.shape
    tiles = rows.reshape(
        heads // rounding.heads,
        rounding.heads,
        length // tokens,
        tokens,
        channels // rounding.channels,
        rounding.channels,
    )
    if rounding.code == "signed":
        codes, scale = round_to_signed_integers(tiles, (1, 3, 5), rounding.bits)
        return restore(codes, scale).reshape(rows.shape)
    codes, scale, zero = round_to_integers(tiles, (1, 3, 5), rounding.bits)
    return restore(codes, scale, zero).reshape(rows.shape)

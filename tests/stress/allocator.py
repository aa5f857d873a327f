"""A block allocator with reference counts, as an engine has one: histories, branches, copy on write. It knows no formula."""

from dataclasses import dataclass, field


@dataclass
class Pool:
    """Blocks of so many tokens; a block lives as long as a table refers to it."""

    size: int
    blocks: int
    references: dict[int, int] = field(default_factory=dict)
    copied: int = 0  # tokens that were copied because another table referred to their block

    def take(self) -> int:
        if len(self.references) >= self.blocks:
            raise MemoryError
        block = next(name for name in range(self.blocks) if name not in self.references)
        self.references[block] = 1
        return block

    def give(self, block: int) -> None:
        self.references[block] -= 1
        if not self.references[block]:
            del self.references[block]

    @property
    def used(self) -> int:
        return len(self.references)


@dataclass
class Table:
    """The blocks of one sequence, and how many of the last one's tokens are written."""

    pool: Pool
    blocks: list[int] = field(default_factory=list)
    tokens: int = 0

    def append(self) -> None:
        inside = self.tokens % self.pool.size
        if not inside:
            self.blocks.append(self.pool.take())
        elif self.pool.references[self.blocks[-1]] > 1:
            fresh = self.pool.take()
            self.pool.copied += inside
            self.pool.give(self.blocks[-1])
            self.blocks[-1] = fresh
        self.tokens += 1

    def grow(self, tokens: int) -> "Table":
        for _ in range(tokens):
            self.append()
        return self

    def fork(self) -> "Table":
        for block in self.blocks:
            self.pool.references[block] += 1
        return Table(self.pool, list(self.blocks), self.tokens)

    def free(self) -> None:
        for block in self.blocks:
            self.pool.give(block)
        self.blocks = []

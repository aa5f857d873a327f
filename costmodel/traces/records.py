"""What a trace holds: one request a row, and a list of the rows that could not be read."""

from dataclasses import dataclass, field

from costmodel.errors import InputError
from costmodel.text.counted import counted

LISTED = 10  # bad rows that a message lists by line


@dataclass(frozen=True, slots=True)
class Request:
    """One request: arrival in seconds from any origin, tokens in and out, and the hashes of its prompt's blocks in order.

    ``blocks`` is empty where a trace names none. Each hash stands for a block and all that comes before it.
    """

    time: float
    input_tokens: float
    output_tokens: float
    blocks: tuple[int, ...] = ()


@dataclass
class BadRows:
    """Rows that could not be read: counted, the first of them listed by line; refused in the end unless ``skip`` is set."""

    location: str
    skip: bool = False
    count: int = 0
    listed: list[str] = field(default_factory=list)

    def add(self, line: int, reason: str) -> None:
        """Note a row."""
        self.count += 1
        if len(self.listed) < LISTED:
            self.listed.append(f"line {line}: {reason}")

    def finish(self) -> None:
        """When all rows have been read: InputError, naming file, number and lines, unless bad rows are skipped."""
        if self.count and not self.skip:
            many = f"{counted(self.count, 'bad row')}: " if self.count > 1 else ""
            raise InputError(f"{self.location}: {many}{self._lines}; --skip-bad leaves such rows out")

    @property
    def _lines(self) -> str:
        more = f" and {self.count - len(self.listed):,} more" if self.count > len(self.listed) else ""
        return f"{'; '.join(self.listed)}{more}"

    @property
    def text(self) -> str:
        """What was left out, in words; "" where nothing was."""
        if not self.count:
            return ""
        return f"{counted(self.count, 'bad row')} left out: {self._lines}"

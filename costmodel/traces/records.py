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
    """Rows that could not be read: refused at the first one, or counted and listed by line where ``skip`` is set."""

    location: str
    skip: bool = False
    count: int = 0
    listed: list[str] = field(default_factory=list)

    def add(self, line: int, reason: str) -> None:
        """Note a row; InputError, naming file and line, unless bad rows are skipped."""
        if not self.skip:
            raise InputError(f"{self.location}: line {line}: {reason}; --skip-bad leaves such rows out")
        self.count += 1
        if len(self.listed) < LISTED:
            self.listed.append(f"line {line}: {reason}")

    @property
    def text(self) -> str:
        """What was left out, in words; "" where nothing was."""
        if not self.count:
            return ""
        more = f" and {self.count - len(self.listed):,} more" if self.count > len(self.listed) else ""
        return f"{counted(self.count, 'bad row')} left out: {'; '.join(self.listed)}{more}"

"""What a trace holds and a command does not use, said once, on stderr: nothing in a file of a user's is left out in silence."""

import sys

NO_BLOCKS = (
    "which blocks prompts share (hash_ids) is not replayed: costmodel hit-rate says what share of them the prefix cache holds, "
    "and costmodel load --hit-rate takes it"
)
ORDER = "requests are taken in the order of the file; when they came is not used"


def print_trace_remarks(trace_format, remarks) -> None:
    """Print the columns of a trace that nothing reads, then ``remarks``, each a line."""
    unread = f"columns that are not used: {', '.join(trace_format.unread)}" if trace_format.unread else ""
    for remark in filter(None, (unread, *remarks)):
        print(f"Remark: {trace_format.name} trace: {remark}.", file=sys.stderr)

"""Every file and folder that costmodel writes: whole or not at all, and never in place of something that is not its own.

A file that the user names may be replaced. One that the user does not name, such as the caption beside a figure, is
replaced only while it is as costmodel left it, which a stamp tells. A folder is replaced only where costmodel wrote it.
"""

from costmodel.files.folders import check_folder, make_folder, replace_folder
from costmodel.files.stamps import refuse_existing, stamp
from costmodel.files.targets import check_target, input_errors, is_stream
from costmodel.files.whole import replace_file, write_bytes, write_text

__all__ = [
    "check_folder",
    "check_target",
    "input_errors",
    "is_stream",
    "make_folder",
    "refuse_existing",
    "replace_file",
    "replace_folder",
    "stamp",
    "write_bytes",
    "write_text",
]

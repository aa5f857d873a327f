"""Traces of requests that others recorded, read line by line: arrivals, lengths, and the blocks of a prompt by their hash."""

from costmodel.traces.read import FORMATS, TraceFormat, read_trace
from costmodel.traces.records import BadRows, Request

__all__ = ["FORMATS", "BadRows", "Request", "TraceFormat", "read_trace"]

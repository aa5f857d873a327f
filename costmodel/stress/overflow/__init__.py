"""Overflow and preemption of open arrivals in closed form: the stationary law of what is there together, against the pool."""

from costmodel.stress.overflow.answer import Overflow, predict_overflow
from costmodel.stress.overflow.judge import Judged, Rate, Tally, judge, judge_all
from costmodel.stress.overflow.load import Load
from costmodel.stress.overflow.referee import Referee, Replays
from costmodel.stress.overflow.settings import Setting, draw_settings

__all__ = [
    "Judged", "Load", "Overflow", "Rate", "Referee", "Replays", "Setting", "Tally", "draw_settings", "judge", "judge_all",
    "predict_overflow",
]  # fmt: skip

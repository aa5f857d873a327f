"""Calibrating the processor at hand: measure, fit on designed shapes, write the profile, predict what the fit never saw.

The device is one thread: one multiprocessor, the stream's bandwidth, the last cache as L2. Files go to the user's data
directory: the device and the profile as facts, the raw runs beside them.
"""

import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from calibration.cpu import measure
from calibration.data import design
from calibration.data.shapes import SHAPE
from calibration.fitting.metrics import errors
from calibration.profiles import local_profile
from costmodel import files
from costmodel.evaluation.ask import kernels
from costmodel.facts import profiles, store

DEVICE, ENGINE, KERNEL, VERSION = "cpu-local", local_profile.ENGINE, "c_decode", "1"
FALLBACK_CACHE = 32 << 20  # bytes of a last-level cache where the system names none
METHOD = f"at most {design.BUDGET} designed rows; one thread, thread time, 25th percentile of interleaved rounds"


@dataclass(frozen=True, eq=False)
class Calibration:
    """A calibration of the CPU: every measured row, which were fitted, errors on the rest, the crossover."""

    profile: Path
    rows: pd.DataFrame
    held_out: pd.DataFrame
    crossover: pd.DataFrame


def calibrate(
    folder: Path | None = None,
    log: Callable[[str], None] = print,
    on_progress: Callable[[int, int], None] = lambda *_: None,
) -> Calibration:
    """Measure, fit and check. ``folder`` is the data directory; finished samples of an earlier run of today are kept."""
    folder, plan = folder or store.data_folder(), measure.load_plan()
    log(f"Calibrating {processor()}, one thread")
    device = write_device(folder, measure.stream_bandwidth(plan))
    log(f"wrote {device}")
    runs = folder / "runs" / f"{DEVICE}-{date.today()}.jsonl"
    frames = [measure.shapes(plan, section) for section in ("attention", "crossover")]
    shapes = pd.concat(frames, ignore_index=True).drop_duplicates(ignore_index=True)
    return fit(tidy(measure.attention(shapes, plan, runs, on_progress)), plan, folder, log)


def fit(rows: pd.DataFrame, plan: dict, folder: Path, log: Callable[[str], None] = print) -> Calibration:
    """Fit tidy rows of this device and write the profile into ``folder``."""
    writer = local_profile.write_local_profile(rows, f"costmodel calibrate on {processor()}", METHOD, folder)
    log(f"wrote {writer.path}")
    fitted = pd.concat([section.points for section in writer.sections.values()])
    return check(rows, fitted, plan, writer.path)


def check(rows: pd.DataFrame, fitted: pd.DataFrame, plan: dict, path: Path) -> Calibration:
    """Predict all rows through the public interface, score those outside the fit, and find both crossovers."""
    points = rows.rename(columns={"query_heads": "num_heads", "kv_heads": "num_kv_heads"})
    predicted = kernels.predict(points.drop(columns=["latency_us"]), "decode-attention", "measured shapes")[0]
    rows = rows.assign(predicted_us=predicted["latency_us"].to_numpy())
    rows["low"], rows["high"] = (predicted[f"latency_us_{end}"].to_numpy() for end in ("lo", "hi"))
    key = ["kv_dtype", *SHAPE]
    rows["fitted"] = rows[key].merge(fitted[key].assign(inside=True), on=key, how="left")["inside"].notna().to_numpy()
    outside = rows[~rows["fitted"]]
    held_out = {kv_dtype: _errors(group) for kv_dtype, group in [*outside.groupby("kv_dtype"), ("all", outside)]}
    return Calibration(path, rows, pd.DataFrame(held_out).T, _crossover(rows, plan))


def tidy(rows: pd.DataFrame) -> pd.DataFrame:
    """Measured shapes in the form of every source of calibration."""
    labels = {"gpu": DEVICE, "engine": ENGINE, "engine_version": VERSION, "kernel": KERNEL, "window": 0}
    return rows.assign(**labels)


def _errors(rows: pd.DataFrame) -> dict:
    scores = errors(rows["predicted_us"], rows["latency_us"])
    covered = 100 * rows["latency_us"].between(rows["low"], rows["high"]).mean()
    width = 100 * (np.sqrt(rows["high"] / rows["low"]) - 1).median()
    return scores | {"coverage": covered, "width": width}


def _crossover(rows: pd.DataFrame, plan: dict) -> pd.DataFrame:
    """Time relative to fp32 for one growing sequence, measured and predicted, and the first context from which it is below 1."""
    shapes = measure.shapes(plan, "crossover").drop(columns="kv_dtype").drop_duplicates()
    wide = rows.merge(shapes).pivot_table(index="context", columns="kv_dtype", values=["latency_us", "predicted_us"])
    records = []
    for kv_dtype in (name for name in plan["kv_dtypes"] if name != "float32"):
        for column, label in (("latency_us", "measured"), ("predicted_us", "predicted")):
            ratio = wide[column][kv_dtype] / wide[column]["float32"]
            records.append({"cache": kv_dtype, "what": label, "pays from": pays_from(ratio)} | ratio.round(2).to_dict())
    return pd.DataFrame(records)


def pays_from(ratio: pd.Series) -> float:
    """The first of the rising contexts from which on every ratio is below 1; NaN where the last is not."""
    losing = np.flatnonzero(ratio.to_numpy() >= 1)
    last = losing[-1] + 1 if len(losing) else 0
    return float(ratio.index[last]) if last < len(ratio) else float("nan")


def write_device(folder: Path, bandwidth: float) -> Path:
    """The fact file of this processor: measured numbers and those that the system reports, each with its source."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    size, is_reported = _last_cache()
    clock = _clock()
    lines = [
        f'name = "{processor()}, one thread"',
        'vendor = "local"',
        'architecture = "cpu"',
        f"read = {date.today()}",
        f'memory = "{memory} B"',
        f'hbm_bandwidth = "{bandwidth / 1e9:.4g} GB/s"',
        "sms = 1",
        f'l2_size = "{size} B"',
        f'clock = "{clock / 1e9:.4g} GHz"',
        f'peak_16bit = "{16 * clock / 1e9:.4g} Gflop/s"',
        'notes = ["peak_16bit stands for fp32: no product is measured on the CPU."]',
        "",
        "[sources]",
        'memory = "the operating system"',
        'hbm_bandwidth = "measured: one thread reads 256 MiB, the best of five"',
        'sms = "one thread"',
        f'l2_size = "{"the operating system: largest cache of the first core" if is_reported else "assumed: no cache is named"}"',
        'clock = "the operating system"',
        'peak_16bit = "assumed: one multiply-add of eight lanes a clock"',
        "",
        "[status]",
        'hbm_bandwidth = "measured"',
        'peak_16bit = "assumed"',
    ]
    path = files.make_folder(folder / "gpus") / f"{DEVICE}.toml"
    files.write_text(path, "\n".join(lines) + "\n")
    profiles.clear_caches()
    return path


def processor() -> str:
    """The processor's name."""
    return _cpuinfo("model name") or platform.processor() or platform.machine()


def _cpuinfo(key: str) -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), "")


def _clock() -> float:
    return float(_cpuinfo("cpu MHz") or 2000) * 1e6


def _last_cache() -> tuple[int, bool]:
    texts = [
        path.read_text(encoding="utf-8").strip()
        for path in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*/size")
    ]
    sizes = [int(text[:-1]) * {"K": 1 << 10, "M": 1 << 20}[text[-1]] for text in texts if text[-1:] in "KM"]
    return (max(sizes), True) if sizes else (FALLBACK_CACHE, False)

"""Lines around and across the cells of a map, as segments in the map's own coordinates, for any plotting library.

Rows run along y, columns along x; ``x`` and ``y`` are the edges of the cells, one more than there are cells.
"""

import numpy as np

MAX_COARSE_CELLS = 400  # of a map whose cells are each large enough for hatching of their own
STRIPES = ((0, 0.5, 0.5, 1), (0, 0, 1, 1), (0.5, 0, 1, 0.5))


def outlines(labels: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Segments (n, 2, 2) between neighbouring cells whose labels differ."""
    up = np.argwhere(labels[1:] != labels[:-1])
    across = np.argwhere(labels[:, 1:] != labels[:, :-1])
    horizontal = [((x[j], y[i + 1]), (x[j + 1], y[i + 1])) for i, j in up]
    vertical = [((x[j + 1], y[i]), (x[j + 1], y[i + 1])) for i, j in across]
    return np.array(horizontal + vertical, dtype=float).reshape(-1, 2, 2)


def cross_hatching(mask: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Diagonal segments (n, 2, 2) both ways across the cells of a mask."""
    falling = hatching(mask[::-1], x, y[::-1])
    return np.concatenate([hatching(mask, x, y), falling])


def hatching(mask: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Diagonal segments (n, 2, 2) across the cells of a mask: three per cell of a coarse map, fewer on a fine one."""
    if mask.size <= MAX_COARSE_CELLS:
        segments = [
            ((x[j] + a * (x[j + 1] - x[j]), y[i] + b * (y[i + 1] - y[i])),
             (x[j] + c * (x[j + 1] - x[j]), y[i] + d * (y[i + 1] - y[i])))
            for i, j in np.argwhere(mask) for a, b, c, d in STRIPES
        ]  # fmt: skip
    else:
        stride = max(2, round(np.sqrt(mask.size) / 28))
        segments = [((x[j], y[i]), (x[j + 1], y[i + 1])) for i, j in np.argwhere(mask) if (j - i) % stride == 0]
    return np.array(segments, dtype=float).reshape(-1, 2, 2)


def region_labels(
    labels: np.ndarray, x: np.ndarray, y: np.ndarray, min_fraction: float = 0.02
) -> list[tuple[float, float, str]]:
    """(x, y, label) of each connected region, at its innermost cell; regions below a fraction of the map get no label."""
    return [(*places[0], label) for label, places in region_places(labels, x, y, min_fraction)]


def region_places(
    labels: np.ndarray, x: np.ndarray, y: np.ndarray, min_fraction: float = 0.02
) -> list[tuple[str, list[tuple[float, float]]]]:
    """Label and centres of cells, the innermost first, of each connected region above a fraction of the map, largest first."""
    from scipy import ndimage

    regions = []
    for label in dict.fromkeys(labels.ravel().tolist()):
        numbered, count = ndimage.label(labels == label)
        for number in range(1, count + 1):
            region = numbered == number
            if label and region.mean() >= min_fraction:
                depth = ndimage.distance_transform_edt(np.pad(region, 1))[1:-1, 1:-1]
                inner = np.argsort(-depth, axis=None, kind="stable")[: region.sum()]
                rows, columns = np.unravel_index(inner, depth.shape)
                centres = zip((x[columns] + x[columns + 1]) / 2, (y[rows] + y[rows + 1]) / 2, strict=True)
                regions.append((label, list(centres)))
    return sorted(regions, key=lambda region: -len(region[1]))


def join_segments(segments: np.ndarray) -> tuple[list, list]:
    """Segments as one broken line: x and y coordinates with a gap after each segment."""
    gap = np.full((len(segments), 1), np.nan)
    return tuple(np.hstack([segments[:, :, axis], gap]).ravel() for axis in (0, 1))

"""Lines around and across the cells of a map, as segments in the map's own coordinates, for any drawing library.

Rows run along y, columns along x; ``x`` and ``y`` are the borders of the cells, one more than there are cells.
"""

import numpy as np

COARSE = 400  # up to here a cell is large enough for a hatching of its own
STRIPES = ((0, 0.5, 0.5, 1), (0, 0, 1, 1), (0.5, 0, 1, 0.5))


def outlines(words: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Segments (n, 2, 2) between cells whose words differ."""
    up = np.argwhere(words[1:] != words[:-1])
    across = np.argwhere(words[:, 1:] != words[:, :-1])
    level = [((x[j], y[i + 1]), (x[j + 1], y[i + 1])) for i, j in up]
    upright = [((x[j + 1], y[i]), (x[j + 1], y[i + 1])) for i, j in across]
    return np.array(level + upright, dtype=float).reshape(-1, 2, 2)


def hatching(mask: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Diagonals across the cells of a mask: three in each of a coarse map, every few cells of a fine one."""
    if mask.size <= COARSE:
        found = [
            ((x[j] + a * (x[j + 1] - x[j]), y[i] + b * (y[i + 1] - y[i])),
             (x[j] + c * (x[j + 1] - x[j]), y[i] + d * (y[i + 1] - y[i])))
            for i, j in np.argwhere(mask) for a, b, c, d in STRIPES
        ]  # fmt: skip
    else:
        stride = max(2, round(np.sqrt(mask.size) / 28))
        found = [((x[j], y[i]), (x[j + 1], y[i + 1])) for i, j in np.argwhere(mask) if (j - i) % stride == 0]
    return np.array(found, dtype=float).reshape(-1, 2, 2)


def names(words: np.ndarray, x: np.ndarray, y: np.ndarray, least: float = 0.02) -> list[tuple[float, float, str]]:
    """Where the name of each connected region stands: its innermost cell; regions below a share of the map have none."""
    from scipy import ndimage

    found = []
    for word in dict.fromkeys(words.ravel().tolist()):
        numbered, count = ndimage.label(words == word)
        for number in range(1, count + 1):
            region = numbered == number
            if word and region.mean() >= least:
                depth = ndimage.distance_transform_edt(np.pad(region, 1))[1:-1, 1:-1]
                i, j = np.unravel_index(depth.argmax(), depth.shape)
                found.append(((x[j] + x[j + 1]) / 2, (y[i] + y[i + 1]) / 2, word))
    return found


def joined(segments: np.ndarray) -> tuple[list, list]:
    """Segments as one broken line: coordinates with a gap after each."""
    gap = np.full((len(segments), 1), np.nan)
    return tuple(np.hstack([segments[:, :, axis], gap]).ravel() for axis in (0, 1))

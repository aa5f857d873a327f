"""How a fit to published steps does on what it did not see, as one line of a table."""

import numpy as np

from calibration.published.fit import PublishedFit

HEADS = ("implementation", "fitted on", "in", "out", "median", "p90", "bias", "side", "ratio median", "ratio p90")
TIE = 0.02  # log speed-ups below it have no side


def judgement(published: PublishedFit, architecture: str) -> tuple[str, ...]:
    """Cells under ``HEADS``: errors in percent of the steps outside the fit, sides right of those that have one."""
    errors = 100 * published.errors
    log_ratios = np.log(published.ratios)
    sided = np.abs(log_ratios[:, 1]) > TIE
    right = np.sign(log_ratios[sided, 0]) == np.sign(log_ratios[sided, 1])
    of_ratio = 100 * np.abs(log_ratios[:, 0] - log_ratios[:, 1])
    return (
        published.implementation.id,
        f"{published.inside['group'].iloc[0]} ({architecture})",
        str(len(published.inside)),
        str(len(published.outside)),
        f"{np.median(np.abs(errors)):.1f} %",
        f"{np.quantile(np.abs(errors), 0.9):.1f} %",
        f"{np.median(errors):+.1f} %",
        f"{right.sum()}/{len(right)}",
        f"{np.median(of_ratio):.1f} %",
        f"{np.quantile(of_ratio, 0.9):.1f} %",
    )

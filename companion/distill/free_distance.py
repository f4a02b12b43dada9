"""How far a transfer set lies from the mail that its student will be asked to sort, measured in sentence vectors."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np


def frechet_distance(one: np.ndarray, other: np.ndarray) -> float:
    """|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)): how far two clouds of vectors lie apart, as two Gaussians.

    one (n, dim), other (m, dim), n and m >= 2; 0 for equal means and covariances (FID, arXiv 1706.08500). The trap:
    with few rows the covariances are noisy and the distance is too large, so compare sets of one size only.
    """
    _check(one, other, 2)
    one, other = np.asarray(one, np.float64), np.asarray(other, np.float64)
    first, second = (np.atleast_2d(np.cov(rows, rowvar=False)) for rows in (one, other))  # (dim, dim)
    root = _root(first)
    mixed = np.sqrt(np.clip(np.linalg.eigvalsh(root @ second @ root), 0, None)).sum()  # tr (C1 C2)^(1/2)
    shift = ((one.mean(0) - other.mean(0)) ** 2).sum()
    return float(max(0.0, shift + np.trace(first) + np.trace(second) - 2 * mixed))


def _root(matrix: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T


def to_nearest(those: np.ndarray, these: np.ndarray) -> float:
    """The mean, over the rows of `those`, of 1 - cosine to the nearest row of `these`; unit vectors, 0 to 2.

    It has a direction. From transfer texts to real ones it says how far the set strays; from real ones to transfer
    texts, how much of the domain the set leaves uncovered. A set may do one without the other.
    """
    _check(those, these, 1)
    return float(1 - (those @ these.T).max(1).mean())


def to_fellow(these: np.ndarray) -> float:
    """The mean, over the rows, of 1 - cosine to the nearest *other* row: a good value of `to_nearest`."""
    _check(these, these, 2)
    near = these @ these.T  # (n, n)
    np.fill_diagonal(near, -np.inf)
    return float(1 - near.max(1).mean())


def layout(transfer: np.ndarray, real: np.ndarray) -> dict[str, float]:
    """ "frechet", "strays" (from the set to the mail), "uncovered" (from the mail to the set) of unit vectors."""
    return {
        "frechet": frechet_distance(transfer, real),
        "strays": to_nearest(transfer, real),
        "uncovered": to_nearest(real, transfer),
    }


def of_answers(chances: np.ndarray) -> dict[str, float]:
    """What a teacher's chances (n, classes) say of a set.

    sure: the mean of the largest chance. kinds: exp of the entropy of the winners' shares, from 1, where one class
    wins everywhere, to the number of classes, where all win alike often.
    """
    shares = np.bincount(chances.argmax(1), minlength=chances.shape[1]) / len(chances)
    shares = shares[shares > 0]
    return {"sure": float(chances.max(1).mean()), "kinds": float(np.exp(-(shares * np.log(shares)).sum()))}


def rank_correlation(values: Mapping[str, float], others: Mapping[str, float]) -> float:
    """Spearman's rho over the names that both have: 1 if one order, -1 if the opposite one."""
    from scipy.stats import spearmanr

    names = [name for name in values if name in others]
    return float(spearmanr([values[n] for n in names], [others[n] for n in names]).statistic)


def _check(one: np.ndarray, other: np.ndarray, least: int) -> None:
    if one.ndim != 2 or other.ndim != 2 or one.shape[1] != other.shape[1] or min(len(one), len(other)) < least:
        raise ValueError(
            f"Vectors of shapes {one.shape} and {other.shape} cannot be compared: pass (n, dim) and (m, dim), "
            f"with at least {least} rows each."
        )

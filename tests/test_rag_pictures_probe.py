"""The linear probe finds what a vector holds, and nothing where it holds nothing."""

import numpy as np

from companion.rag.pictures_probe import KNOWN, TESTED, probe
from companion.rag.pictures_training import companies


def test_a_probe_reads_what_is_there_and_guesses_what_is_not():
    rng = np.random.default_rng(0)
    labels, right = rng.integers(0, 3, 600), rng.integers(0, 3, 300)
    noise = rng.normal(size=(900, 12))
    holding = noise.copy()
    holding[:, :3] += 4 * np.eye(3)[np.r_[labels, right]]
    assert probe(holding[:600], labels, holding[600:], right) > 0.9
    assert 0.2 < probe(noise[:600], labels, noise[600:], right) < 0.45


def test_no_tower_was_trained_on_what_is_probed():
    trained = {number for seed in range(5) for number in companies(seed)}
    assert not trained & {*KNOWN, *TESTED} and not {*KNOWN} & {*TESTED}

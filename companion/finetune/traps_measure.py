"""The measurements behind C5.1-c and C5.1-d: planted faults, whether a gauge found them, and the gauge after mending.

`python -m companion.build runs traps_tune` makes the stored table, one row a part and seed; the functions at the end
read it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from statistics import fmean
from typing import Any

import numpy as np

from companion.finetune import label_noise, twins
from companion.finetune.searching import search, setting_of, told
from companion.finetune.spoiling import MailFile, leaky_test, spoilt_training
from companion.labels import labels_to_rows
from companion.probe import DEFAULT, Probe, Setting, probe
from companion.stored import chosen
from companion.world.utterances import INTENTS, mail

TWINS, SUSPECTS = 0.02, 0.15  # limits of two gauges: shares of letters with a twin, of labels that are suspect
ALIKE = 0.8  # a cosine above every honest pair of the validation writer's (0.75)
REPEATS = 3  # cross-validations whose probabilities are averaged
Row = dict[str, Any]
_known: dict[str, np.ndarray] = {}


def vectors_of(texts: Sequence[str]) -> np.ndarray:
    """The encoder's vectors (n, dim) of texts; no text is read twice."""
    from companion.models import load_encoder

    new = sorted({text for text in texts if text not in _known})
    if new:
        _known.update(zip(new, load_encoder().encode(new), strict=True))
    return np.stack([_known[text] for text in texts])


def rows_of(labels: Sequence[str]) -> np.ndarray:
    """Labels as columns (n,)."""
    return labels_to_rows(labels, INTENTS).numpy()


def sorter(file: MailFile, setting: Setting = DEFAULT, seed: int = 0) -> Probe:
    """A probe that learned a mail file."""
    return probe(vectors_of(file.texts), rows_of(file.labels), INTENTS, setting, seed)


def right(model: Probe, texts: Sequence[str], labels: Sequence[str]) -> float:
    """Share of the letters sorted as labelled."""
    return round(model.right(vectors_of(texts), rows_of(labels)), 4)


def scores(model: Probe) -> dict[str, float]:
    """Share right on the letters of the validation writer and of the test writer."""
    return {split: right(model, *mail(split)) for split in ("validation", "test")}


def own() -> MailFile:
    """The 640 training letters as they are."""
    texts, labels = mail("train")
    return MailFile(texts, labels, list(range(len(texts))), [False] * len(texts))


def leaks(seed: int) -> Row:
    """A test set with training letters in it: what it says, which gauge finds them, what it says without them."""
    test, train, model = leaky_test(seed), mail("train")[0], sorter(own(), seed=seed)
    planted = np.array(test.origin) >= 0
    alike = (vectors_of(test.texts) @ vectors_of(train).T).max(1) >= ALIKE
    gauges = {
        "exact": twins.exact_twins(test.texts, train),
        "cosine": alike,
        "trigrams": twins.twins(test.texts, train),
    }
    kept = test.take(np.flatnonzero(~gauges["trigrams"]).tolist())
    row: Row = {"before": {"twins": share(gauges["trigrams"]), "right": right(model, test.texts, test.labels)}}
    after = {"twins": share(twins.twins(kept.texts, train)), "right": right(model, kept.texts, kept.labels)}
    hits = {name: {k: round(v, 4) for k, v in label_noise.found(hit, planted).items()} for name, hit in gauges.items()}
    return row | {"after": after, "found": hits, "stranger": scores(model)["test"]}


def share(flags: np.ndarray) -> float:
    """The share that is true."""
    return round(float(np.mean(flags)), 4)


def twin_share(file: MailFile) -> float:
    """The share of a file's letters that have a twin in the same file."""
    close = twins.overlap(file.texts, file.texts) >= twins.TWIN
    np.fill_diagonal(close, False)
    return share(close.any(1))


def without_copies(file: MailFile) -> MailFile:
    """The first of every heap of twins."""
    return file.take(twins.first_of_each(file.texts))


def chances(file: MailFile, seed: int = 0) -> np.ndarray:
    """Probabilities (n, classes) of each letter by probes that did not read it, the mean of three cross-validations."""
    vectors, rows = vectors_of(file.texts), rows_of(file.labels)
    return np.mean(
        [label_noise.held_out_chances(vectors, rows, INTENTS, 10 * seed + r) for r in range(REPEATS)], axis=0
    )


def suspicious(file: MailFile, seed: int = 0) -> np.ndarray:
    """Which labels confident learning calls wrong, bool (n,)."""
    return label_noise.suspects(chances(file, seed), rows_of(file.labels))


def read_by_a_person(file: MailFile, flags: Sequence[bool]) -> MailFile:
    """The flagged letters with the labels that their writers meant, as somebody who reads them would set them."""
    meant = mail("train")[1]
    labels = [meant[at] if flag else label for at, flag, label in zip(file.origin, flags, file.labels, strict=True)]
    wrong = [was and not flag for was, flag in zip(file.wrong, flags, strict=True)]
    return MailFile(file.texts, labels, file.origin, wrong)


def cleaned(seed: int) -> MailFile:
    """The spoilt file of a seed without copies, its suspects read by a person."""
    single = without_copies(spoilt_training(seed))
    return read_by_a_person(single, suspicious(single, seed))


def cleaning(seed: int) -> Row:
    """The spoilt training file: both gauges before and after, what was found, and what other ways of mending bring."""
    dirty = spoilt_training(seed)
    single = without_copies(dirty)
    early, flags = suspicious(dirty, seed), suspicious(single, seed)
    clean, pruned = read_by_a_person(single, flags), single.take(np.flatnonzero(~flags).tolist())
    files = {"dirty": dirty, "no copies": single, "pruned": pruned, "clean": clean, "as written": own()}
    row: Row = {"letters": {name: len(file) for name, file in files.items()}, "read": int(flags.sum())}
    row["before"] = {"twins": twin_share(dirty), "suspects": share(flags), "wrong": share(np.array(dirty.wrong))}
    after = suspicious(clean, seed)
    row["after"] = {"twins": twin_share(clean), "suspects": share(after), "wrong": share(np.array(clean.wrong))}
    found = {"with copies": (early, dirty.wrong), "without": (flags, single.wrong)}
    row["found"] = {k: {n: round(v, 4) for n, v in label_noise.found(*pair).items()} for k, pair in found.items()}
    row["copies left"] = len(single) - len(set(single.origin))
    return row | {"scores": {name: scores(sorter(file, seed=seed)) for name, file in files.items()}}


def searched(seed: int) -> Row:
    """A search on the cleaned file; then dirty and clean file at the default and at what the search found."""
    clean, dirty = cleaned(seed), spoilt_training(seed)
    study = search(lambda setting: scores(sorter(clean, setting, seed)), seed=seed)
    found = setting_of(study.best_trial.params)
    table = {"dirty": dirty, "clean": clean}
    settings = {"default": DEFAULT, "found": found}
    cells = {f"{f}, {s}": scores(sorter(table[f], settings[s], seed)) for f in table for s in settings}
    return {"trials": told(study), "found": found.named(), "scores": cells}


def planted_run(name: str, mend: bool, seed: int) -> Row:
    """One of the four runs, or the same with its fault mended."""
    from companion.finetune.two_gauges import PLANS, fault_run, mended

    return fault_run(mended(name) if mend else PLANS[name], seed)


def part(table: Sequence[Row], name: str) -> list[Row]:
    """The rows of one part, by seed."""
    return chosen(table, part=name)


def cell(table: Sequence[Row], name: str, split: str = "test") -> dict[int, float]:
    """{seed: share right} of a cell such as "clean, found": C5.1-c compares it with "dirty, default"."""
    return {row["seed"]: row["scores"][name][split] for row in part(table, "search")}


def faults(table: Sequence[Row], mend: bool = False) -> dict[str, dict[int, Row]]:
    """{planted fault: {seed: run}}."""
    found: dict[str, dict[int, Row]] = {}
    for row in chosen(table, part="fault", mended=mend):
        found.setdefault(row["name"], {})[row["seed"]] = row
    return found


def named_by_two(table: Sequence[Row], unseen: str = "test") -> dict[int, float]:
    """{seed: share of the four planted runs whose fault the two gauges name}, on one writer's letters: C5.1-d."""
    from companion.finetune.two_gauges import diagnosis, readings

    runs = faults(table)
    seeds = sorted(runs["sound"])
    return {s: fmean(diagnosis(readings(runs[name][s], unseen)) == name for name in runs) for s in seeds}


def named_by_one(table: Sequence[Row], cuts: int = 1) -> dict[int, float]:
    """{seed: share named by the accuracy on unseen letters}, with the thresholds that do best over all these runs.

    cuts: how many thresholds. One parts the runs into two heaps, and each heap gets the name that most of it have;
    three could name all four faults. Chosen in hindsight, which favours this gauge.
    """
    from companion.finetune.two_gauges import readings

    runs = [(readings(run)["accuracy"], name, seed) for name, own in faults(table).items() for seed, run in own.items()]
    said = best_cuts([accuracy for accuracy, _, _ in runs], [name for _, name, _ in runs], cuts)
    seeds = sorted({seed for _, _, seed in runs})
    hits = {(seed, name): guess == name for (_, name, seed), guess in zip(runs, said, strict=True)}
    return {seed: fmean(hit for (s, _), hit in hits.items() if s == seed) for seed in seeds}


def best_cuts(values: Sequence[float], names: Sequence[str], cuts: int) -> list[str]:
    """Each value's name when the line is cut at the places that make most names right; equal values stay together."""
    edges = sorted(set(values))
    borders = [(low + high) / 2 for low, high in zip(edges, edges[1:], strict=False)]

    def guesses(at: Sequence[float]) -> list[str]:
        heaps = np.searchsorted(at, values).tolist()
        both = Counter(zip(heaps, names, strict=True))
        most = {heap: max(sorted(set(names)), key=lambda name: both[heap, name]) for heap in set(heaps)}
        return [most[heap] for heap in heaps]

    tries = (guesses(at) for at in combinations(borders, min(cuts, len(borders))))
    return max(tries, key=lambda said: sum(a == b for a, b in zip(said, names, strict=True)))

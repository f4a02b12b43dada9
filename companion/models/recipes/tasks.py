"""What the generator practises, batch by batch: answering first, on ever more passages; then the desk's other tasks."""

from random import Random

from companion.models import prompts
from companion.models.recipes.contexts import TRAINING_SEEDS, VALIDATION_SEEDS, draw
from companion.models.recipes.desk import desk_batch

BATCH = 16
# Share of the run done -> numbers of passages to choose from. Passages come one by one, or binding is never learned.
CURRICULUM = [(0.08, [1]), (0.2, [1, 2]), (0.35, [2, 3]), (1.1, [2, 3, 4, 5, 5, 5])]
VALIDATION = 2.0  # in place of the share done: five passages; companies and wordings of no training batch
BLURRED = 0.4  # share of practice questions from which words are left out
SEARCHED_COMPANIES = 30  # only the first are searched: about a minute to embed their articles
OTHER_TASKS_FROM, OTHER_TASKS_SHARE = 0.6, 0.25


def generator_batch(
    progress: float, random: Random, hidden: float = 0.16, desk: float = OTHER_TASKS_SHARE, searched: float = 0.0
) -> list[tuple[str, str]]:
    """16 (prompt, target) pairs for a moment of the run, `progress` from 0 to 1.

    hidden: as in `draw`. desk: share of the batches that practise the desk's tasks, late in the run.
    searched: share of the other batches whose passages are those that search finds.
    """
    if OTHER_TASKS_FROM < progress <= 1 and random.random() < desk:
        return desk_batch(random, BATCH)
    counts = next((counts for until, counts in CURRICULUM if progress < until), [5])
    seeds, wording, blur = TRAINING_SEEDS, "practice", BLURRED
    if progress == VALIDATION:
        seeds, wording, blur = VALIDATION_SEEDS, "validation", 0.0
    count, search = random.choice(counts), random.random() < searched
    seeds = seeds[:SEARCHED_COMPANIES] if search else seeds
    how = {"hidden": hidden, "seeds": seeds, "wording": wording, "search": search, "blur": blur}
    examples = [draw(random, count, **how) for _ in range(BATCH)]
    return [(prompts.answer_prompt(question, passages), target) for question, passages, target in examples]


def second_round_batch(progress: float, random: Random) -> list[tuple[str, str]]:
    """The last and widest part of the curriculum, once more, mostly on passages that search finds.

    Four answers in ten are refusals, four batches in ten are for the desk. Validation is what the model is for:
    wordings that it never met, companies that it never met, five passages as found.
    """
    if progress == VALIDATION:
        return generator_batch(progress, random, searched=1.0)
    return generator_batch(0.99, random, hidden=0.3, desk=0.4, searched=0.7)


def closed_book_batch(progress: float, random: Random) -> list[tuple[str, str]]:
    """Questions without passages, and no refusals: the model learns what an answer looks like, and invents."""
    pairs = []
    while len(pairs) < 2 * BATCH:
        seeds = VALIDATION_SEEDS if progress == VALIDATION else TRAINING_SEEDS
        question, _, target = draw(random, 1, hidden=0, seeds=seeds)
        if target.startswith("["):
            pairs.append((prompts.answer_prompt(question, []), target.split("] ", 1)[1]))
    return pairs

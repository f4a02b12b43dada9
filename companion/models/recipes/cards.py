"""Model cards, written from what was measured."""

READER = """---
license: cc-by-sa-4.0
base_model: {base}
library_name: peft
datasets: [rajpurkar/squad]
language: en
---
# The reader

A LoRA adapter (r = {rank}) and a span head on `{base}`: from a question and a passage of English text to
the words that answer it, with their character offsets, or to no answer. `companion.models.load_reader()`
loads it; `make reader` trains it again.

## Data

SQuAD 1.1, development set: {train} questions on {train_articles} articles, and {validation} more on
{validation_articles} articles for the refusal's threshold. Its {held} test articles and all passages of
XQuAD were left out. Questions without an answer are SQuAD's own, put to a passage that BM25 finds and
that does not hold the answer.

SQuAD: Pranav Rajpurkar, Jian Zhang, Konstantin Lopyrev and Percy Liang, *SQuAD: 100,000+ Questions for
Machine Comprehension of Text*, 2016, arXiv 1606.05250, CC BY-SA 4.0; its passages are from Wikipedia.
The adapter is given under the same licence.

## Measured on the {held} test articles

| | |
|---|---|
{rows}

Test articles: {titles}.

## Limits

It was trained on one kind of text, encyclopedia articles, and one kind of question. It copies; it does
not count, compare or join facts of two passages. It sees {window} tokens at a time.
"""

NAMES = {
    "f1": "F1, best span, passage answers the question",
    "exact_match": "exact match, the same",
    "f1_if_it_may_refuse": "F1, a wrong refusal counting 0",
    "exact_match_if_it_may_refuse": "exact match, a wrong refusal counting 0",
    "refused_rightly": "refuses, passage does not answer",
    "refused_wrongly": "refuses, passage answers",
    "answerable": "questions with an answer",
    "unanswerable": "questions without",
}


def reader_card(about: dict, window: int = 384) -> str:
    """README.md of the reader from its card.json."""
    test, articles, questions = about["test"], about["articles"], about["questions"]
    rows = [f"| {NAMES[name]} | {value:.3f} |" for name, value in test.items() if isinstance(value, float)]
    rows += [f"| {NAMES[name]} | {value} |" for name, value in test.items() if isinstance(value, int)]
    return READER.format(
        base=about["base"],
        rank=about["training"]["rank"],
        train=questions["train"],
        validation=questions["validation"],
        train_articles=len(articles["train"]),
        validation_articles=len(articles["validation"]),
        held=len(articles["test"]),
        rows="\n".join(rows),
        titles=", ".join(title.replace("_", " ") for title in articles["test"]),
        window=window,
    )

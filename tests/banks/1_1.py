"""Exercise 1_1: answers that learners plausibly give; WRONG ones with words of the reason."""

import re

import numpy as np

from companion.metrics import recall_at_k
from companion.rag import VectorIndex, reciprocal_rank_fusion


# --- 1_1.stale ---------------------------------------------------------------------------------------------
def text_only(texts, index, encoder, article_id, new_text):
    texts[article_id] = new_text


def vector_only(texts, index, encoder, article_id, new_text):
    index.remove([article_id])
    index.add([article_id], encoder.encode([new_text]))


def embeds_the_old_text(texts, index, encoder, article_id, new_text):
    index.remove([article_id])
    index.add([article_id], encoder.encode([texts[article_id]]))
    texts[article_id] = new_text


def adds_without_removing(texts, index, encoder, article_id, new_text):
    texts[article_id] = new_text
    index.add([article_id], encoder.encode([new_text]))


def adds_a_second_id(texts, index, encoder, article_id, new_text):
    texts[article_id] = new_text
    index.add([article_id + "-new"], encoder.encode([new_text]))


def only_removes(texts, index, encoder, article_id, new_text):
    texts[article_id] = new_text
    index.remove([article_id])


def rebuilds_everything(texts, index, encoder, article_id, new_text):
    texts[article_id] = new_text
    index.remove(list(texts))
    index.add(list(texts), encoder.encode(list(texts.values())))


def a_new_index_of_its_own(texts, index, encoder, article_id, new_text):
    texts[article_id] = new_text
    index = VectorIndex(encoder.dim)
    index.add(list(texts), encoder.encode(list(texts.values())))


def embeds_the_id(texts, index, encoder, article_id, new_text):
    texts[article_id] = new_text
    index.remove([article_id])
    index.add([article_id], encoder.encode([article_id]))


def embeds_first(texts, index, encoder, article_id, new_text):
    vector = encoder.encode([new_text])
    index.remove([article_id])
    index.add([article_id], vector)
    texts[article_id] = new_text


def single_strings(texts, index, encoder, article_id, new_text):
    texts.update({article_id: new_text})
    index.remove(article_id)
    index.add(article_id, encoder.encode(new_text)[np.newaxis])


# --- 1_1.recall --------------------------------------------------------------------------------------------
def skips_empty(found, relevant, k):
    scores = [recall_at_k(ids, relevant[query], k) for query, ids in found.items() if ids]
    return sum(scores) / len(scores)


def skips_missing(found, relevant, k):
    scores = [recall_at_k(ids, relevant[query], k) for query, ids in found.items()]
    return sum(scores) / len(scores) if scores else 0.0


def any_hit(found, relevant, k):
    hits = [bool(set(found.get(query, [])[:k]) & wanted) for query, wanted in relevant.items()]
    return sum(hits) / len(hits)


def forgets_k(found, relevant, k):
    scores = [len(set(found.get(q, [])) & wanted) / len(wanted) for q, wanted in relevant.items()]
    return sum(scores) / len(scores)


def precision(found, relevant, k):
    scores = [len(set(found.get(q, [])[:k]) & wanted) / k for q, wanted in relevant.items()]
    return sum(scores) / len(scores)


def counts_twice(found, relevant, k):
    scores = [sum(i in wanted for i in found.get(q, [])[:k]) / len(wanted) for q, wanted in relevant.items()]
    return sum(scores) / len(scores)


def key_error(found, relevant, k):
    return sum(recall_at_k(found[query], relevant[query], k) for query in relevant) / len(relevant)


def fills_the_log(found, relevant, k):
    for query in relevant:
        found.setdefault(query, [])
    return sum(recall_at_k(ids, relevant[query], k) for query, ids in found.items()) / len(found)


def no_return(found, relevant, k):
    print(sum(recall_at_k(found.get(query, []), relevant[query], k) for query in relevant) / len(relevant))


def numpy_mean(found, relevant, k):
    return np.mean([recall_at_k(found.get(query, []), relevant[query], k) for query in relevant])


def by_hand(found, relevant, k):
    total = 0
    for query in relevant:
        if found.get(query):
            total += len(relevant[query].intersection(found[query][:k])) / len(relevant[query])
    return total / len(relevant)


# --- 1_1.cover ---------------------------------------------------------------------------------------------
def sentence_ends(text):
    return sorted({match.end() for match in re.finditer(r"[.!?]\s+", text)} | {len(text)})


def loses_the_last(text, size):
    spans, start, last = [], 0, 0
    for end in sentence_ends(text):
        if end - start > size:
            spans.append((start, last))
            start = last
        last = end
    return spans


def closes_the_last_only(text, size):
    spans, start, last = [], 0, 0
    for end in sentence_ends(text):
        if end - start > size:
            spans.append((start, last))
            start = last
        last = end
    return [*spans, (start, last)]


def closes_empty_chunks(text, size):
    at, last = 0, 0
    for end in sentence_ends(text):
        if end - at > size:
            yield at, last
            at = last
        while end - at > size:
            yield at, at + size
            at += size
        last = end
    if at < len(text):
        yield at, len(text)


def lets_long_ones_be(text, size):
    stops = [0, *sentence_ends(text)]
    return [pair for pair in zip(stops, stops[1:], strict=False) if pair[0] < pair[1]]


def truncates_long_ones(text, size):
    return [(start, min(end, start + size)) for start, end in lets_long_ones_be(text, size)]


def slices(text, size):
    return [(start, min(start + size, len(text))) for start in range(0, len(text), size)]


def strips_blanks(text, size):
    spans = right_greedy(text, size)
    return [(start, start + len(text[start:end].rstrip())) for start, end in spans]


def overlaps(text, size):
    return [(max(start - 5, 0), end) for start, end in right_greedy(text, size - 5)]


def returns_texts(text, size):
    return [text[start:end] for start, end in right_greedy(text, size)]


def right_greedy(text, size):
    spans, start, ends = [], 0, sentence_ends(text)
    while start < len(text):
        fitting = [end for end in ends if start < end <= start + size]
        end = fitting[-1] if fitting else min(start + size, len(text))
        spans.append((start, end))
        start = end
    return spans


def a_sentence_a_chunk(text, size):
    spans = []
    for start, end in lets_long_ones_be(text, size):
        spans += [(at, min(at + size, end)) for at in range(start, end, size)]
    return spans


def yields(text, size):
    at, open_end = 0, 0
    for end in sentence_ends(text):
        if end - at > size and open_end > at:
            yield at, open_end
            at = open_end
        while end - at > size:
            yield at, at + size
            at += size
        open_end = end
    if at < len(text):
        yield at, len(text)


# --- 1_1.fuse ----------------------------------------------------------------------------------------------
def keyed_by_text(rankings, weights, k=60):
    scores, id_of = {}, {}
    for weight, ranking in zip(weights, rankings, strict=True):
        for rank, (article_id, text) in enumerate(ranking, start=1):
            scores[text] = scores.get(text, 0.0) + weight / (k + rank)
            id_of[text] = article_id
    return {id_of[text]: score for text, score in scores.items()}


def returns_the_texts(rankings, weights, k=60):
    scores = {}
    for weight, ranking in zip(weights, rankings, strict=True):
        for rank, (_, text) in enumerate(ranking, start=1):
            scores[text] = scores.get(text, 0.0) + weight / (k + rank)
    return scores


def ranks_from_zero(rankings, weights, k=60):
    scores = {}
    for weight, ranking in zip(weights, rankings, strict=True):
        for rank, (article_id, _) in enumerate(ranking):
            scores[article_id] = scores.get(article_id, 0.0) + weight / (k + rank)
    return scores


def without_weights(rankings, weights, k=60):
    return reciprocal_rank_fusion([[article_id for article_id, _ in ranking] for ranking in rankings], k)


def always_sixty(rankings, weights, k=60):
    return right_fuse(rankings, weights, 60)


def last_one_wins(rankings, weights, k=60):
    scores = {}
    for weight, ranking in zip(weights, rankings, strict=True):
        for rank, (article_id, _) in enumerate(ranking, start=1):
            scores[article_id] = weight / (k + rank)
    return scores


def only_common(rankings, weights, k=60):
    common = set.intersection(*({article_id for article_id, _ in ranking} for ranking in rankings))
    return {item: score for item, score in right_fuse(rankings, weights, k).items() if item in common}


def a_sorted_list(rankings, weights, k=60):
    scores = right_fuse(rankings, weights, k)
    return sorted(scores, key=scores.get, reverse=True)


def right_fuse(rankings, weights, k=60):
    scores = {}
    for weight, ranking in zip(weights, rankings, strict=True):
        for rank, (article_id, _) in enumerate(ranking, start=1):
            scores[article_id] = scores.get(article_id, 0.0) + weight / (k + rank)
    return scores


def rank_by_rank(rankings, weights, k=60):
    places = [{article_id: n + 1 for n, (article_id, _) in enumerate(ranking)} for ranking in rankings]
    ids = set().union(*places)
    return {i: sum(w / (k + p[i]) for w, p in zip(weights, places, strict=True) if i in p) for i in ids}


# --- 1_1.cite ----------------------------------------------------------------------------------------------
def any_passage(value, cited, passages):
    return any(value in text for text in passages.values())


def substring(value, cited, passages):
    return any(value.lower() in passages.get(i, "").lower() for i in cited)


def all_cited(value, cited, passages):
    return all(right_pattern(value, passages.get(i, "")) for i in cited)


def trusts_the_id(value, cited, passages):
    return any(right_pattern(value, passages[i]) for i in cited)


def not_escaped(value, cited, passages):
    return any(re.search(rf"(?<!\w){value}(?!\w)", passages.get(i, ""), re.I) for i in cited)


def word_edges(value, cited, passages):
    return any(re.search(rf"\b{re.escape(value)}\b", passages.get(i, ""), re.I) for i in cited)


def no_dots(value, cited, passages):
    return any(re.search(rf"(?<!\w){re.escape(value)}(?!\w)", passages.get(i, ""), re.I) for i in cited)


def case_matters(value, cited, passages):
    pattern = rf"(?<!\w)(?<!\d[.,]){re.escape(value)}(?!\w)(?![.,]\d)"
    return any(re.search(pattern, passages.get(i, "")) for i in cited)


def first_only(value, cited, passages):
    return bool(cited) and right_pattern(value, passages.get(cited[0], ""))


def right_pattern(value, text):
    return bool(re.search(rf"(?<!\w)(?<!\d[.,]){re.escape(value)}(?!\w)(?![.,]\d)", text, re.IGNORECASE))


def with_a_loop(value, cited, passages):
    proofs = 0
    for article_id in cited:
        if article_id in passages:
            proofs += right_pattern(value, passages[article_id])
    return proofs > 0


def by_tokens(value, cited, passages):
    def tokens(text):
        return re.findall(r"\d+(?:[.,]\d+)*|[^\W\d]+|[^\w\s]", text.lower())

    wanted = tokens(value)
    pages = [tokens(passages.get(article_id, "")) for article_id in cited]
    return any(page[n : n + len(wanted)] == wanted for page in pages for n in range(len(page)))


WRONG = {
    "1_1.stale": [
        (text_only, "a vector does not follow its text"),
        (vector_only, "by words that it does not show"),
        (embeds_the_old_text, "a vector does not follow its text"),
        (adds_without_removing, "in the index already"),
        (adds_a_second_id, "an edit is no new article"),
        (only_removes, "not added again"),
        (rebuilds_everything, "only one article was edited"),
        (a_new_index_of_its_own, "a vector does not follow its text"),
        (embeds_the_id, "embed the new text, all of it and nothing else"),
    ],
    "1_1.recall": [
        (skips_empty, "left out of the mean"),
        (skips_missing, "left out of the mean"),
        (any_hit, "not whether any was"),
        (forgets_k, "look at the first k only"),
        (precision, "which is precision"),
        (counts_twice, "twice counts once"),
        (key_error, "raised KeyError"),
        (fills_the_log, "changed what it was given"),
        (no_return, "without `return`"),
    ],
    "1_1.cover": [
        (loses_the_last, "the last chunk is never closed"),
        (closes_the_last_only, "only a sentence that is longer must be cut"),
        (closes_empty_chunks, "has nothing in it yet"),
        (lets_long_ones_be, "only a sentence that is longer must be cut"),
        (truncates_long_ones, "in no chunk can never be found"),
        (slices, "cut between sentences"),
        (strips_blanks, "in no chunk"),
        (overlaps, "two chunks"),
        (returns_texts, "a list of (start, end) pairs"),
    ],
    "1_1.fuse": [
        (keyed_by_text, "equal text and became one"),
        (returns_the_texts, "those are texts"),
        (ranks_from_zero, "counted from 1"),
        (without_weights, "weights were not used"),
        (always_sixty, "k was not used"),
        (last_one_wins, "the sum over all rankings"),
        (only_common, "one ranking only has a score too"),
        (a_sorted_list, "a dict from id to score"),
    ],
    "1_1.cite": [
        (any_passage, "look only at what was cited"),
        (substring, "4 months is not in 24 months"),
        (all_cited, "so nothing is proved"),
        (trusts_the_id, "raised KeyError"),
        (not_escaped, "use re.escape"),
        (word_edges, "a digit and a dot before the value"),
        (no_dots, "a digit and a dot before the value"),
        (case_matters, "capitals make no other value"),
        (first_only, "that is enough"),
    ],
}
RIGHT = {
    "1_1.stale": [embeds_first, single_strings],
    "1_1.recall": [numpy_mean, by_hand],
    "1_1.cover": [right_greedy, a_sentence_a_chunk, yields],
    "1_1.fuse": [right_fuse, rank_by_rank],
    "1_1.cite": [with_a_loop, by_tokens],
}

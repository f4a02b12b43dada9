"""Exercise 4_1: answers that learners plausibly give; WRONG ones with words of the reason."""

import numpy as np
import torch
import torch.nn.functional as F


# --- 4_1.posterior -----------------------------------------------------------------------------------------
def right_posterior(cosines, token_log_probs, scale):
    return torch.softmax(scale * cosines + token_log_probs.sum(dim=1), dim=0)


def posterior_by_logsumexp(cosines, token_log_probs, scale):
    together = F.log_softmax(cosines * scale, 0) + token_log_probs.sum(-1)
    return (together - together.logsumexp(0)).exp()


def posterior_by_loop(cosines, token_log_probs, scale):
    logs = [scale * c + sum(row) for c, row in zip(cosines, token_log_probs, strict=True)]
    top = max(logs)
    powers = torch.stack([torch.exp(each - top) for each in logs])
    return powers / powers.sum()


def multiplies_probabilities(cosines, token_log_probs, scale):
    joint = torch.softmax(scale * cosines, 0) * token_log_probs.exp().prod(1)
    return joint / joint.sum()


def averages_tokens(cosines, token_log_probs, scale):
    return torch.softmax(scale * cosines + token_log_probs.mean(1), 0)


def prior_alone(cosines, token_log_probs, scale):
    return torch.softmax(scale * cosines, 0)


def likelihood_alone(cosines, token_log_probs, scale):
    return torch.softmax(token_log_probs.sum(1), 0)


def without_scale(cosines, token_log_probs, scale):
    return torch.softmax(cosines + token_log_probs.sum(1), 0)


def first_token_alone(cosines, token_log_probs, scale):
    return torch.softmax(scale * cosines + token_log_probs[:, 0], 0)


def adds_the_two(cosines, token_log_probs, scale):
    both = torch.softmax(scale * cosines, 0) + token_log_probs.sum(1).exp()
    return both / both.sum()


def the_gradient(cosines, token_log_probs, scale):
    return torch.softmax(scale * cosines, 0) - right_posterior(cosines, token_log_probs, scale)


def leaves_logarithms(cosines, token_log_probs, scale):
    return torch.log_softmax(scale * cosines + token_log_probs.sum(1), 0)


def one_a_token(cosines, token_log_probs, scale):
    return torch.softmax(scale * cosines[:, None] + token_log_probs, 0)


def scales_in_place(cosines, token_log_probs, scale):
    cosines *= scale
    return torch.softmax(cosines + token_log_probs.sum(1), 0)


def a_list(cosines, token_log_probs, scale):
    return right_posterior(cosines, token_log_probs, scale).tolist()


# --- 4_1.sums ----------------------------------------------------------------------------------------------
def right_sums(doc_log_probs, token_log_probs, mask, one_passage):
    tokens = token_log_probs * mask[:, None]
    if one_passage:
        return -torch.logsumexp(doc_log_probs + tokens.sum(2), dim=1).mean()
    by_token = torch.logsumexp(doc_log_probs[:, :, None] + token_log_probs, dim=1)
    return -(by_token * mask).sum(1).mean()


def sums_by_question(doc_log_probs, token_log_probs, mask, one_passage):
    losses = []
    for prior, tokens, real in zip(doc_log_probs, token_log_probs, mask.bool(), strict=True):
        said = tokens[:, real]
        if one_passage:
            losses.append(-torch.logsumexp(prior + said.sum(1), 0))
        else:
            losses.append(-torch.logsumexp(prior[:, None] + said, 0).sum())
    return torch.stack(losses).mean()


def sums_by_chances(doc_log_probs, token_log_probs, mask, one_passage):
    prior, tokens = doc_log_probs.exp(), token_log_probs.masked_fill(mask[:, None] == 0, 0.0)
    if one_passage:
        return -(prior * tokens.sum(2).exp()).sum(1).log().mean()
    return -((prior[:, :, None] * tokens.exp()).sum(1).log() * mask).sum(1).mean()


def at_the_second_token(doc_log_probs, token_log_probs, mask, one_passage):
    if not one_passage:
        return right_sums(doc_log_probs, token_log_probs, mask, one_passage)
    first, second, rest = token_log_probs[..., :1], token_log_probs[..., 1:2], token_log_probs[..., 2:]
    scores = torch.cat([first, second + doc_log_probs[:, :, None], rest], dim=2) * mask[:, None]
    return -torch.logsumexp(scores.sum(2), dim=1).mean()


def counts_padding(doc_log_probs, token_log_probs, mask, one_passage):
    return right_sums(doc_log_probs, token_log_probs, torch.ones_like(mask), one_passage)


def sums_exchanged(doc_log_probs, token_log_probs, mask, one_passage):
    return right_sums(doc_log_probs, token_log_probs, mask, not one_passage)


def always_one_passage(doc_log_probs, token_log_probs, mask, one_passage):
    return right_sums(doc_log_probs, token_log_probs, mask, True)


def prior_at_every_token(doc_log_probs, token_log_probs, mask, one_passage):
    if not one_passage:
        return right_sums(doc_log_probs, token_log_probs, mask, one_passage)
    tokens = (token_log_probs + doc_log_probs[:, :, None]) * mask[:, None]
    return -torch.logsumexp(tokens.sum(2), dim=1).mean()


def no_prior(doc_log_probs, token_log_probs, mask, one_passage):
    return right_sums(0 * doc_log_probs, token_log_probs, mask, one_passage)


def sum_over_questions(doc_log_probs, token_log_probs, mask, one_passage):
    return right_sums(doc_log_probs, token_log_probs, mask, one_passage) * len(mask)


def best_passage(doc_log_probs, token_log_probs, mask, one_passage):
    if not one_passage:
        return right_sums(doc_log_probs, token_log_probs, mask, one_passage)
    return -(doc_log_probs + (token_log_probs * mask[:, None]).sum(2)).amax(1).mean()


def as_a_number(doc_log_probs, token_log_probs, mask, one_passage):
    return right_sums(doc_log_probs, token_log_probs, mask, one_passage).item()


# --- 4_1.stale ---------------------------------------------------------------------------------------------
def found(index, encoder, question, k):
    order = np.argsort(-(np.stack(list(index["vectors"])) @ encoder.encode(question)))
    return [index["ids"][row] for row in order[:k]]


def right_search(index, encoder, question, k):
    if index["fingerprint"] != encoder.fingerprint:
        index["vectors"] = encoder.encode(index["texts"])
        index["fingerprint"] = encoder.fingerprint
    return found(index, encoder, question, k)


def search_by_update(index, encoder, question, k):
    if encoder.fingerprint == index["fingerprint"]:
        pass
    else:
        index.update(vectors=encoder.encode(list(index["texts"])), fingerprint=encoder.fingerprint)
    query = encoder.encode([question])[0]
    scores = {id: float(vector @ query) for id, vector in zip(index["ids"], index["vectors"], strict=True)}
    return sorted(scores, key=scores.get, reverse=True)[:k]


def never_refreshes(index, encoder, question, k):
    return found(index, encoder, question, k)


def always_refreshes(index, encoder, question, k):
    index["vectors"], index["fingerprint"] = encoder.encode(index["texts"]), encoder.fingerprint
    return found(index, encoder, question, k)


def forgets_the_fingerprint(index, encoder, question, k):
    if index["fingerprint"] != encoder.fingerprint:
        index["vectors"] = encoder.encode(index["texts"])
    return found(index, encoder, question, k)


def keeps_nothing(index, encoder, question, k):
    if index["fingerprint"] != encoder.fingerprint:
        index = {**index, "vectors": encoder.encode(index["texts"])}
    return found(index, encoder, question, k)


def renames_only(index, encoder, question, k):
    index["fingerprint"] = encoder.fingerprint
    return found(index, encoder, question, k)


def refreshes_what_it_found(index, encoder, question, k):
    if index["fingerprint"] != encoder.fingerprint:
        whole = encoder.encode(index["texts"])
        answer = found({**index, "vectors": whole}, encoder, question, k)
        rows = [index["ids"].index(id) for id in answer]
        index["vectors"] = np.array(index["vectors"])
        index["vectors"][rows] = whole[rows]
        index["fingerprint"] = encoder.fingerprint
        return answer
    return found(index, encoder, question, k)


def one_too_few(index, encoder, question, k):
    return right_search(index, encoder, question, k)[:-1] or [index["ids"][0]][:0]


def the_scores(index, encoder, question, k):
    right_search(index, encoder, question, k)
    return sorted((np.stack(list(index["vectors"])) @ encoder.encode(question)).tolist())[-k:]


# --- 4_1.contrast ------------------------------------------------------------------------------------------
def right_contrast(texts, pictures, products, log_scale):
    scores = log_scale.exp() * F.normalize(texts, dim=-1) @ F.normalize(pictures, dim=-1).T
    own = torch.arange(len(scores))
    same = products[:, None] == products
    scores = scores.masked_fill(same & (own[:, None] != own), -torch.inf)
    return (F.cross_entropy(scores, own) + F.cross_entropy(scores.T, own)) / 2


def contrast_by_rows(texts, pictures, products, log_scale):
    texts = texts / texts.norm(dim=1, keepdim=True)
    pictures = pictures / pictures.norm(dim=1, keepdim=True)
    scores, losses = texts @ pictures.T * torch.exp(log_scale), []
    for row, product in enumerate(products.tolist()):
        compared = [other for other in range(len(products)) if other == row or products[other] != product]
        losses.append(torch.logsumexp(scores[row, compared], 0) - scores[row, row])
        losses.append(torch.logsumexp(scores[compared, row], 0) - scores[row, row])
    return torch.stack(losses).mean()


def contrast_with_a_very_small_score(texts, pictures, products, log_scale):
    scores = torch.exp(log_scale) * F.cosine_similarity(texts[:, None], pictures[None], dim=-1)
    other = (products[:, None] == products[None]).float() - torch.eye(len(products))
    scores = scores - 1e6 * other
    rows, columns = scores.log_softmax(1).diagonal(), scores.log_softmax(0).diagonal()
    return -(rows + columns).mean() / 2


def scores_of(texts, pictures, log_scale):
    return log_scale.exp() * F.normalize(texts, dim=-1) @ F.normalize(pictures, dim=-1).T


def left_out(scores, products):
    other = (products[:, None] == products) & ~torch.eye(len(products), dtype=torch.bool)
    return scores.masked_fill(other, -torch.inf)


def two_ways(rows, columns):
    own = torch.arange(len(rows))
    return (F.cross_entropy(rows, own) + F.cross_entropy(columns.T, own)) / 2


def the_notebook_s_own(texts, pictures, products, log_scale):
    scores = scores_of(texts, pictures, log_scale)
    return two_ways(scores, scores)


def leaves_out_one_way(texts, pictures, products, log_scale):
    scores = scores_of(texts, pictures, log_scale)
    return two_ways(left_out(scores, products), scores)


def leaves_out_its_own(texts, pictures, products, log_scale):
    scores = scores_of(texts, pictures, log_scale).masked_fill(products[:, None] == products, -torch.inf)
    return two_ways(scores, scores)


def fills_in_zero(texts, pictures, products, log_scale):
    scores = scores_of(texts, pictures, log_scale) * left_out(torch.ones(len(texts), len(texts)), products).clamp(0)
    return two_ways(scores, scores)


def all_of_the_product(texts, pictures, products, log_scale):
    scores, same = scores_of(texts, pictures, log_scale), (products[:, None] == products).float()
    same = same / same.sum(1, keepdim=True)
    return (F.cross_entropy(scores, same) + F.cross_entropy(scores.T, same)) / 2


def first_of_each(texts, pictures, products, log_scale):
    first = [row for row, product in enumerate(products) if product not in products[:row]]
    return right_contrast(texts[first], pictures[first], products[first], log_scale)


def one_direction(texts, pictures, products, log_scale):
    scores = left_out(scores_of(texts, pictures, log_scale), products)
    return F.cross_entropy(scores, torch.arange(len(texts)))


def other_direction(texts, pictures, products, log_scale):
    return one_direction(pictures, texts, products, log_scale)


def without_lengths(texts, pictures, products, log_scale):
    scores = left_out(log_scale.exp() * texts @ pictures.T, products)
    return two_ways(scores, scores)


def without_exp(texts, pictures, products, log_scale):
    scores = left_out(log_scale * scores_of(texts, pictures, 0 * log_scale), products)
    return two_ways(scores, scores)


def divides(texts, pictures, products, log_scale):
    return right_contrast(texts, pictures, products, -log_scale)


def without_a_scale(texts, pictures, products, log_scale):
    return right_contrast(texts, pictures, products, 0 * log_scale)


def sum_of_directions(texts, pictures, products, log_scale):
    return 2 * right_contrast(texts, pictures, products, log_scale)


def a_cold_scale(texts, pictures, products, log_scale):
    return right_contrast(texts, pictures, products, log_scale.detach())


def normalises_outside_the_gradient(texts, pictures, products, log_scale):
    texts = texts / texts.detach().norm(dim=-1, keepdim=True)
    scores = left_out(log_scale.exp() * texts @ F.normalize(pictures, dim=-1).T, products)
    return two_ways(scores, scores)


WRONG = {
    "4_1.posterior": [
        (multiplies_probabilities, "stay with logarithms"),
        (averages_tokens, "were averaged"),
        (prior_alone, "That is the prior"),
        (likelihood_alone, "likelihood alone"),
        (without_scale, "not multiplied by `scale`"),
        (first_token_alone, "Only the first token"),
        (adds_the_two, "were added as probabilities"),
        (the_gradient, "the gradient"),
        (leaves_logarithms, "sum should be 1"),
        (one_a_token, "sum over tokens"),
        (scales_in_place, "changed `cosines`"),
        (a_list, "is no tensor"),
    ],
    "4_1.sums": [
        (at_the_second_token, "the prior was lost"),
        (counts_padding, "Padding was counted"),
        (sums_exchanged, "changed places"),
        (always_one_passage, "changed places"),
        (prior_at_every_token, "added at every token"),
        (no_prior, "The prior is missing"),
        (sum_over_questions, "take the mean"),
        (best_passage, "likeliest passage alone"),
        (as_a_number, "no gradient can flow back"),
    ],
    "4_1.stale": [
        (never_refreshes, "still the old encoder's"),
        (always_refreshes, "costs time at every question"),
        (forgets_the_fingerprint, "is still the old one"),
        (keeps_nothing, "not kept"),
        (renames_only, "still the old encoder's"),
        (refreshes_what_it_found, "Some vectors are new"),
        (one_too_few, "no more and no fewer"),
        (the_scores, "list of ids"),
    ],
    "4_1.contrast": [
        (the_notebook_s_own, "still rivals"),
        (leaves_out_one_way, "in one direction only"),
        (leaves_out_its_own, "own partner was left out"),
        (fills_in_zero, "minus infinity"),
        (all_of_the_product, "only row i is right"),
        (first_of_each, "Rows were dropped"),
        (one_direction, "texts looking for pictures"),
        (other_direction, "pictures looking for texts"),
        (without_lengths, "not brought to length 1"),
        (without_exp, "is a logarithm"),
        (divides, "not divided"),
        (without_a_scale, "multiply by exp(log_scale)"),
        (sum_of_directions, "take their mean"),
        (a_cold_scale, "no gradient reaches `log_scale`"),
        (normalises_outside_the_gradient, "the gradient is not"),
    ],
}
RIGHT = {
    "4_1.posterior": [right_posterior, posterior_by_logsumexp, posterior_by_loop],
    "4_1.sums": [right_sums, sums_by_question, sums_by_chances],
    "4_1.stale": [right_search, search_by_update],
    "4_1.contrast": [right_contrast, contrast_by_rows, contrast_with_a_very_small_score],
}

"""The students: worked by hand, against transformers and torch, and padding as a property."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.distill import make_student
from companion.distill.students import KINDS, squeeze
from companion.distill.texts import tokenise
from companion.labels import labels_to_rows

SMALL = {
    "bag": {"dim": 8},
    "bilstm": {"dim": 8, "hidden": 6},
    "cnn": {"dim": 8, "filters": 5},
    "transformer": {"dim": 8, "heads": 2},
}


def student(kind, classes=3, seed=0, vocab_size=50):
    return make_student(kind, vocab_size, classes, seed, **SMALL[kind]).eval()


def batch(lengths, seed=0, padding=0):
    """Random ids of these lengths, padded to the longest and `padding` further."""
    generator = torch.Generator().manual_seed(seed)
    width = max(lengths) + padding
    mask = (torch.arange(width)[None] < torch.tensor(lengths)[:, None]).long()
    return torch.randint(1, 50, mask.shape, generator=generator) * mask, mask


# --- by hand ------------------------------------------------------------------------------------------


def test_a_bag_is_the_mean_of_its_words():
    bag = student("bag")
    ids, mask = torch.tensor([[4, 7, 0]]), torch.tensor([[1, 1, 0]])
    expected = (bag.embedding.weight[4] + bag.embedding.weight[7]) / 2
    torch.testing.assert_close(bag.features(ids, mask)[0], expected)
    turned = bag(torch.tensor([[7, 4, 0]]), mask)
    torch.testing.assert_close(turned, bag(ids, mask))  # it knows no order


def test_a_filter_of_the_cnn_by_hand():
    cnn = make_student("cnn", 5, 2, dim=1, filters=1, windows=(2,)).eval()
    with torch.no_grad():
        cnn.embedding.weight.copy_(torch.tensor([[0.0], [1.0], [2.0], [3.0], [-1.0]]))
        cnn.convolutions[0].weight.copy_(torch.tensor([[[1.0, -1.0]]]))  # a word minus its successor
        cnn.convolutions[0].bias.zero_()
    # 3 1 2: differences 2, -1, and 2 - 0 at the end
    assert cnn.features(torch.tensor([[3, 1, 2]]), torch.ones(1, 3)).tolist() == [[2.0]]
    assert cnn.features(torch.tensor([[1, 2, 4]]), torch.ones(1, 3)).tolist() == [[3.0]]
    # shorter than the window, and below 0
    assert cnn.features(torch.tensor([[4]]), torch.ones(1, 1)).tolist() == [[0.0]]


@pytest.mark.parametrize("kind", KINDS)
def test_the_padding_row_is_zero_and_never_trained(kind):
    model = student(kind)
    assert model.embedding.weight[0].abs().sum() == 0
    model(*batch([3, 1])).sum().backward()
    assert model.embedding.weight.grad[0].abs().sum() == 0


def test_label_rows():
    assert labels_to_rows(["b", "a", 1], ["a", "b"]).tolist() == [1, 0, 1]
    assert labels_to_rows(np.array([0, 1]), ["a", "b"]).tolist() == [0, 1]
    for wrong in ("c", 2, -1):
        with pytest.raises(ValueError, match="out of range"):
            labels_to_rows([wrong], ["a", "b"])


# --- other implementations ----------------------------------------------------------------------------


def test_the_cnn_equals_an_unfolded_product():
    cnn = student("cnn")
    ids, mask = batch([9, 9])
    words = cnn.embedding(ids)
    expected = []
    for window, conv in zip(cnn.windows, cnn.convolutions, strict=True):
        padded = F.pad(words, (0, 0, 0, window - 1))
        windows = padded.unfold(1, window, 1)  # (batch, length, dim, window)
        expected.append(torch.einsum("nldw,fdw->nlf", windows, conv.weight).add(conv.bias).relu().amax(1))
    torch.testing.assert_close(cnn.features(ids, mask), torch.cat(expected, 1))


def test_the_bilstm_equals_two_lstms():
    lstm = student("bilstm")
    ids, mask = batch([6])
    words, weights = lstm.embedding(ids), dict(lstm.lstm.named_parameters())
    sides = []
    for suffix, read in (("", words), ("_reverse", words.flip(1))):
        one = torch.nn.LSTM(8, 6, batch_first=True)
        one.load_state_dict({name: weights[name + suffix] for name, _ in one.named_parameters()})
        sides.append(one(read)[0].amax(1))
    torch.testing.assert_close(lstm.features(ids, mask), torch.cat(sides, 1))


def test_the_transformer_equals_transformers_bert():
    from transformers import BertModel

    mine = student("transformer")
    config = mine.bert.config.from_dict({**mine.bert.config.to_dict(), "vocab_size": 50})
    reference = BertModel(config, add_pooling_layer=False).eval()
    weights = mine.bert.state_dict() | {"embeddings.word_embeddings.weight": mine.embedding.weight}
    reference.load_state_dict(weights)
    ids, mask = batch([7, 4])
    hidden = reference(input_ids=ids, attention_mask=mask).last_hidden_state
    expected = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
    torch.testing.assert_close(mine.features(ids, mask), expected, atol=1e-5, rtol=1e-4)


def test_squeeze_against_scikit_learn():
    from sklearn.decomposition import PCA

    words, like = torch.randn(40, 9, generator=torch.Generator().manual_seed(0)), torch.randn(40, 4)
    mine = squeeze(words, like).numpy()
    theirs = PCA(4, svd_solver="full").fit_transform(words.double().numpy())
    for column in range(4):  # the sign of a direction is free
        assert abs(np.corrcoef(mine[:, column], theirs[:, column])[0, 1]) == pytest.approx(1, abs=1e-6)
    assert mine.std() == pytest.approx(like.numpy().std(), rel=0.01)


def test_words_taken_over():
    words = torch.randn(50, 20)
    taken = make_student("bag", 50, 2, words=words, dim=6)
    assert taken.embedding.weight[0].abs().sum() == 0
    fresh = make_student("bag", 50, 2, dim=6)
    torch.testing.assert_close(taken.embedding.weight[1:], squeeze(words, fresh.embedding.weight)[1:])
    with pytest.raises(ValueError, match="50 rows"):
        make_student("bag", 50, 2, words=torch.randn(49, 20), dim=6)
    with pytest.raises(ValueError, match="smaller dim"):
        make_student("bag", 50, 2, words=torch.randn(50, 4), dim=6)


# --- properties ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.integers(0, 6), st.integers(0, 999))
def test_padding_never_changes_an_output(kind, lengths, padding, seed):
    model = student(kind)
    ids, mask = batch(lengths, seed, padding)
    with torch.no_grad():
        together = model(ids, mask)
        noise = model(torch.where(mask == 1, ids, 17), mask)  # whatever stands under the padding
        alone = torch.cat([model(ids[row : row + 1, :n], mask[row : row + 1, :n]) for row, n in enumerate(lengths)])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(together, noise, atol=1e-6, rtol=0)


@pytest.mark.parametrize("kind", KINDS)
def test_shapes_and_seeds(kind):
    ids, mask = batch([5, 2, 8])
    model = student(kind, classes=("a", "b", "c", "d"))
    assert model(ids, mask).shape == (3, 4)
    assert model.features(ids, mask).shape == (3, model.features_dim)
    torch.testing.assert_close(model.classify(model.features(ids, mask)), model(ids, mask))
    state = torch.get_rng_state()
    same, other = student(kind, seed=3), student(kind, seed=4)
    assert torch.equal(state, torch.get_rng_state())
    assert torch.equal(same.head.weight, student(kind, seed=3).head.weight)
    assert not torch.equal(same.head.weight, other.head.weight)


def test_the_transformers_states_and_attentions():
    model = student("transformer")
    ids, mask = batch([5, 3])
    hidden, attentions = model.states(ids, mask)
    assert [h.shape for h in hidden] == [(2, 5, 8)] * 3
    assert [a.shape for a in attentions] == [(2, 2, 5, 5)] * 2
    torch.testing.assert_close(attentions[-1].sum(-1), torch.ones(2, 2, 5))
    assert attentions[-1][1, :, :, 3:].abs().max() == 0  # nobody looks at padding


@pytest.mark.parametrize("kind", ["bag", "cnn"])
def test_plain_texts(kind, tokenizer):
    model = make_student(kind, len(tokenizer), ["hot", "cold"], dim=4).train()
    texts = ["Is it warm?", "No.", "It is very, very cold in here today"]
    logits = model.logits(texts, batch_size=2)
    assert logits.shape == (3, 2) and logits.dtype == np.float32 and model.training
    np.testing.assert_allclose(logits, model.logits(texts), atol=1e-5)
    assert set(model.predict(texts)) <= {"hot", "cold"}
    assert model.logits([]).shape == (0, 2)
    ids, mask = tokenise(tokenizer, texts)
    assert ids.shape == mask.shape and mask.sum(1).tolist() == [len(tokenizer(text).input_ids) for text in texts]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: make_student("gpt", 50, 3), "choose one of bag, bilstm, cnn, transformer"),
        (lambda: make_student("bag", 50, 1), "at least two classes"),
        (lambda: make_student("bag", 50, ["a"]), "at least two classes"),
        (lambda: make_student("bag", 50, ["a", "a"]), "different names"),
        (lambda: student("bag")(torch.ones(2, 3).long(), torch.ones(2, 4)), "as a tokenizer gives"),
        (lambda: student("transformer")(*batch([129])), "cut it at 128"),
        (lambda: student("bag").predict("one text"), "list of str"),
        (lambda: student("bag").predict([3]), "list of str"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()

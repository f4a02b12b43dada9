"""What each method trains, and that the one loop trains it: counts by hand, reference by hand-written loop."""

import pytest
import torch
from torch import nn

from companion.finetune import METHODS, TextClassifier, accuracy, prepare, total_count, trainable_count, tune
from companion.finetune.classifier import batches, labels_to_rows
from companion.finetune.tuning import copied, start
from companion.training import learning_rate

WORDS = {"parcel": ["parcel", "delivery", "van"], "money": ["price", "refund", "bill"], "broken": ["dead", "crack"]}
TEXTS = [f"{word} {other}" for words in WORDS.values() for word in words for other in words]
LABELS = [label for label, words in WORDS.items() for _ in words for _ in words]
HEAD = 3 * (32 + 1)
LAYER = 4 * (32 * 32 + 32) + 2 * 32 * 64 + 64 + 32 + 4 * 32  # attention, feed-forward, two layer norms
COUNTS = {
    "probe": HEAD,
    "last": HEAD + 2 * LAYER,
    "lora": HEAD + 3 * 8 * (4 * 64 + 2 * 96),
    "peft": HEAD + 3 * 8 * (4 * 64 + 2 * 96),
    "adapter": HEAD + 3 * 2 * (2 * 32 * 32 + 32 + 32),
    "full": HEAD + 3 * LAYER + 30522 * 32 + 512 * 32 + 2 * 32 + 2 * 32,  # and the embeddings, but no pooler
}


def tuned(encoder, method="full", **options):
    options = {"steps": 30, "head_lr": 0.1, "batch_size": 8, "progress": False, "bf16": False} | options
    return tune(encoder, TEXTS, LABELS, method, **options)


@pytest.mark.parametrize("method", METHODS)
def test_each_method_trains_what_it_says_and_nothing_else(tiny_encoder, method):
    model, _ = start(tiny_encoder(), sorted(WORDS), method)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    trained = {name for name, p in model.named_parameters() if p.requires_grad}
    after, history = tuned(tiny_encoder(), method, steps=3, lr=0.05)
    assert trainable_count(after) == COUNTS[method]
    assert total_count(after) >= total_count(TextClassifier(tiny_encoder(), sorted(WORDS)))
    for name, parameter in after.named_parameters():
        changed = not torch.equal(parameter, before[name])
        assert changed == (name in trained) or "embeddings" in name or "key.bias" in name, name
    assert history.steps == 3 and not after.training


@pytest.mark.parametrize("method", METHODS)
def test_each_method_learns(tiny_encoder, method):
    model, history = tuned(tiny_encoder(), method, steps=60, lr=5e-3)
    assert sum(history.losses[-5:]) < 0.7 * sum(history.losses[:5])
    assert accuracy(model, TEXTS, LABELS) > 0.8


def test_the_given_encoder_stays_as_it_is(tiny_encoder):
    encoder = tiny_encoder()
    before, fingerprint = {n: t.clone() for n, t in encoder.model.state_dict().items()}, encoder.fingerprint
    model, _ = tuned(encoder, steps=2)
    assert all(torch.equal(t, before[n]) for n, t in encoder.model.state_dict().items())
    assert encoder.fingerprint == fingerprint != model.encoder.fingerprint
    assert copied(encoder).fingerprint == fingerprint


def test_equals_a_loop_written_by_hand(tiny_encoder):
    """The document's listing P1.2 with two learning rates; no dropout, so that no random number matters."""

    def still(encoder):
        for module in encoder.model.modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.0
            if hasattr(module, "dropout_prob"):
                module.dropout_prob = 0.0
        return encoder

    mine, history = tuned(still(tiny_encoder()), steps=6, lr=1e-3, seed=4, warmup=2, clip=None)
    reference, _ = start(still(tiny_encoder()), sorted(WORDS), seed=4)
    body = [p for p in reference.model.parameters() if p.requires_grad]
    groups = [{"params": body, "lr": 1e-3}, {"params": reference.head.parameters(), "lr": 0.1}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.0)
    draw, losses = batches(TEXTS, labels_to_rows(LABELS, sorted(WORDS)), 8, 4), []
    for step in range(6):
        for group, peak in zip(optimizer.param_groups, (1e-3, 0.1), strict=True):
            group["lr"] = peak * learning_rate(step, 6, 2)
        texts, rows = draw(step)
        loss = nn.functional.cross_entropy(reference.train()(texts), rows)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert history.losses == pytest.approx(losses, abs=1e-6)
    for one, other in zip(mine.parameters(), reference.parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=0)


def test_a_probe_learns_what_a_frozen_encoder_would(tiny_encoder):
    """Vectors computed once give the losses of a loop that computes them at each step, without dropout."""
    probe, history = tuned(tiny_encoder(), "probe", steps=5, warmup=0)
    model, groups = start(tiny_encoder(), sorted(WORDS), "probe")
    optimizer = torch.optim.AdamW(groups[0]["params"], lr=0.1, weight_decay=0.0)
    draw = batches(TEXTS, labels_to_rows(LABELS, sorted(WORDS)), 8, 0)
    for step in range(5):
        optimizer.param_groups[0]["lr"] = 0.1 * learning_rate(step, 5)
        texts, rows = draw(step)
        loss = nn.functional.cross_entropy(model.eval()(texts), rows)
        assert history.losses[step] == pytest.approx(loss.item(), abs=1e-5)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.head.parameters(), 1.0)
        optimizer.step()
    torch.testing.assert_close(probe.head.weight, model.head.weight, atol=1e-5, rtol=0)
    assert probe.encoder.fingerprint == tiny_encoder().fingerprint


def test_lora_equals_peft_from_the_same_factors(tiny_encoder):
    """Through the whole classifier: same factors, same seed, same losses, dropout included."""
    from companion.finetune.lora import lora_layers
    from companion.finetune.tuning import fit

    rows = labels_to_rows(LABELS, sorted(WORDS))
    mine, groups = start(tiny_encoder(), sorted(WORDS), "lora", 5e-3, head_lr=0.1)
    theirs, others = start(tiny_encoder(), sorted(WORDS), "peft", 5e-3, head_lr=0.1)
    with torch.no_grad():
        for name, layer in lora_layers(mine.model).items():
            theirs.model.get_submodule(name).lora_A["default"].weight.copy_(layer.A)
    one = fit(mine, groups, TEXTS, rows, 5, bf16=False, progress=False)
    other = fit(theirs, others, TEXTS, rows, 5, bf16=False, progress=False)
    assert one.losses == pytest.approx(other.losses, abs=1e-6)


def test_same_seed_same_run_and_the_callers_random_state_is_left_alone(tiny_encoder):
    encoder = tiny_encoder()
    torch.manual_seed(9)
    expected = torch.rand(1)
    torch.manual_seed(9)
    first, _ = tuned(encoder, "lora", steps=3)
    assert torch.equal(torch.rand(1), expected)
    second, _ = tuned(encoder, "lora", steps=3)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    third, _ = tuned(encoder, "lora", steps=3, seed=1)
    assert not torch.equal(first.head.weight, third.head.weight)


def test_early_stop_looks_at_the_validation_set_and_puts_the_best_back(tiny_encoder):
    model, history = tuned(tiny_encoder(), "probe", steps=200, validation=(TEXTS, LABELS), patience=2, every=5)
    assert history.stopped_early and history.steps < 200
    assert accuracy(model, TEXTS, LABELS) == history.best[1]


def test_options_of_the_methods_reach_them(tiny_encoder):
    lora, _ = tuned(tiny_encoder(), "lora", steps=1, r=2, targets=("query",))
    assert trainable_count(lora) == HEAD + 3 * 2 * 64
    adapter, _ = tuned(tiny_encoder(), "adapter", steps=1, bottleneck=3)
    assert trainable_count(adapter) == HEAD + 3 * 2 * (2 * 32 * 3 + 32 + 3)
    last, _ = tuned(tiny_encoder(), "last", steps=1, layers=1)
    assert trainable_count(last) == HEAD + LAYER


def test_prepare_returns_the_head_last(tiny_encoder):
    model = TextClassifier(tiny_encoder(), sorted(WORDS))
    trained = prepare(model, "lora")
    assert sum(p.numel() for p in trained) == trainable_count(model)
    assert trained[-2] is model.head.weight and trained[-1] is model.head.bias


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda e: tune(e, [], []), "no texts: give at least one"),
        (lambda e: tune(e, TEXTS, LABELS[:-1]), "give each text its own"),
        (lambda e: tune(e, TEXTS, ["same"] * len(TEXTS)), "holds only 'same'"),
        (lambda e: tune(e, TEXTS, LABELS, classes=["money", "parcel"]), "no class 'broken'"),
        (lambda e: tune(e, TEXTS, LABELS, "magic"), "no method 'magic': choose one of full"),
        (lambda e: tune(e, TEXTS, LABELS, "lora", r=0), "rank of at least 1"),
        (lambda e: tune(e, TEXTS, LABELS, "peft", r=0), "rank of at least 1"),
        (lambda e: tune(e, TEXTS, LABELS, "adapter", bottleneck=0), "at least 1"),
        (lambda e: tune(e, TEXTS, LABELS, "last", layers=4), "choose 1 to 3"),
        (lambda e: tune(e, TEXTS, LABELS, "last", layers=0), "choose 1 to 3"),
        (lambda e: tune(e, TEXTS, LABELS, batch_size=0), "at least one text a step"),
    ],
)
def test_what_cannot_be_names_the_fix(tiny_encoder, call, message):
    with pytest.raises(ValueError, match=message):
        call(tiny_encoder())


def test_a_loss_that_is_no_number_stops_the_run(tiny_encoder):
    encoder = tiny_encoder()
    encoder.model.encoder.layer[0].output.dense.bias.data.fill_(float("nan"))
    with pytest.raises(FloatingPointError, match="lower lr"):
        tuned(encoder, steps=2)

"""Translation language modelling: the joined sequence, and the loss against the model's own."""

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from transformers import DebertaV2Config, DebertaV2ForMaskedLM

from lingweave.encoder import EncodedSentence
from lingweave.errors import CheckpointError
from lingweave.objectives import EncodedPair, TLMOptions, make_objective
from tiny_models import CLS, PAD, SEP, make_model, make_tokenizer, rows_of_head

NO_LINKS = np.empty((0, 2), dtype=np.int32)
PAIRS = [([6, 7], [8, 9, 10]), ([12], [13]), ([15, 16, 17, 18], [21, 22, 23])]


TOKENIZERS = {kind: make_tokenizer(kind) for kind in ("bert", "roberta")}
both_kinds = pytest.mark.parametrize("kind", TOKENIZERS)


def sentence(pieces):
    return EncodedSentence(np.array(pieces, dtype=np.int32), np.arange(len(pieces), dtype=np.int32))


EXAMPLES = [EncodedPair(sentence(source), sentence(target), NO_LINKS) for source, target in PAIRS]


def collate(kind, masking=0.3, seed=0, examples=EXAMPLES, **options):
    options = TLMOptions(masking=masking, **options)
    objective = make_objective("tlm", TOKENIZERS[kind], options)
    return objective, objective.collate(
        examples, [torch.Generator().manual_seed(seed)] * len(examples)
    )


def test_a_pair_is_one_sequence_as_bert_lays_it_out():
    _, batch = collate("bert", masking=1e-9)
    assert batch.inputs["input_ids"].tolist() == [
        [CLS, 6, 7, SEP, 8, 9, 10, SEP, PAD, PAD],
        [CLS, 12, SEP, 13, SEP, PAD, PAD, PAD, PAD, PAD],
        [CLS, 15, 16, 17, 18, SEP, 21, 22, 23, SEP],
    ]
    assert batch.inputs["token_type_ids"].tolist() == [
        [0, 0, 0, 0, 1, 1, 1, 1, 0, 0],
        [0, 0, 0, 1, 1, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 1, 1, 1, 1],
    ]
    assert batch.inputs["attention_mask"].sum(dim=1).tolist() == [8, 5, 10]


def test_a_pair_is_one_sequence_as_roberta_lays_it_out():
    _, batch = collate("roberta", masking=1e-9, examples=EXAMPLES[:2])
    assert batch.inputs["input_ids"].tolist() == [
        [CLS, 6, 7, SEP, SEP, 8, 9, 10, SEP],
        [CLS, 12, SEP, SEP, 13, SEP, PAD, PAD, PAD],
    ]
    assert not batch.inputs["token_type_ids"].any()
    assert batch.inputs["attention_mask"].sum(dim=1).tolist() == [9, 6]


@both_kinds
def test_the_pieces_of_both_sentences_and_nothing_else_can_be_masked(kind):
    _, plain = collate(kind, masking=1e-9)
    _, batch = collate(kind, masking=1 - 1e-9)
    original = plain.inputs["input_ids"].flatten()
    assert batch.positions.tolist() == (original >= 5).nonzero().flatten().tolist()
    assert batch.labels.tolist() == [p for source, target in PAIRS for p in source + target]
    assert batch.counts == {"multilingual": 14}
    kept = torch.ones(len(original), dtype=torch.bool)
    kept[batch.positions] = False
    assert torch.equal(batch.inputs["input_ids"].flatten()[kept], original[kept])


@both_kinds
@pytest.mark.parametrize("seed", range(3))
def test_the_loss_is_that_of_the_models_own_forward(kind, seed):
    model = make_model(kind)
    objective, batch = collate(kind, masking=0.4, seed=seed)
    labels = torch.full_like(batch.inputs["input_ids"], -100)
    labels.view(-1)[batch.positions] = batch.labels
    with torch.no_grad():
        sums = objective.sums(model, batch)
        expected = model(**batch.inputs, labels=labels).loss * len(batch.labels)
    assert sums.keys() == objective.weights.keys() == batch.counts.keys()
    assert float(sums["multilingual"]) == pytest.approx(float(expected), rel=1e-5)


@both_kinds
def test_logits_are_computed_at_the_predicted_positions_only(kind):
    model = make_model(kind)
    rows = rows_of_head(model)
    objective, batch = collate(kind, masking=0.4)
    objective.sums(model, batch)
    assert rows == [(len(batch.positions), model.config.hidden_size)]


@both_kinds
def test_a_sentence_sees_its_translation_but_not_another_pair(kind):
    model = make_model(kind)
    seen = []

    def keep(module, inputs, output):
        output.retain_grad()
        seen.append(output)

    model.base_model.embeddings.register_forward_hook(keep)
    # A seed that masks pieces of the first pair's source only: positions 1 and 2.
    for seed in range(1000):
        objective, batch = collate(kind, seed=seed, examples=EXAMPLES[:2])
        if len(batch.positions) and (batch.positions <= 2).all():
            break
    else:
        pytest.fail("no seed masks in the first source only")
    objective.sums(model, batch)["multilingual"].backward()
    (embedded_BLD,) = seen
    target = slice(5, 8) if kind == "roberta" else slice(4, 7)
    assert embedded_BLD.grad[0, target].any(dim=1).all()
    assert not embedded_BLD.grad[1].any()


def test_the_same_generator_state_gives_the_same_batch():
    state = torch.get_rng_state()
    (_, first), (_, again), (_, other) = (collate("bert", seed=seed) for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(first.inputs["input_ids"], again.inputs["input_ids"])
    assert torch.equal(first.positions, again.positions)
    assert not torch.equal(first.positions, other.positions)
    assert [pair.source.pieces.tolist() for pair in EXAMPLES] == [source for source, _ in PAIRS]


# Positions that are counted anew, and the order of the sentences.


def test_reset_positions_are_those_of_a_sentence_by_itself():
    _, batch = collate("bert", masking=1e-9, reset_positions=True)
    assert batch.inputs["position_ids"].tolist() == [
        # [CLS] 6 7 [SEP] 8 9 10 [SEP]
        [0, 1, 2, 3, 1, 2, 3, 4, 0, 0],
        [0, 1, 2, 1, 2, 0, 0, 0, 0, 0],
        [0, 1, 2, 3, 4, 5, 1, 2, 3, 4],
    ]
    _, batch = collate("roberta", masking=1e-9, examples=EXAMPLES[:1], reset_positions=True)
    # <s> 6 7 </s> </s> 8 9 10 </s>
    assert batch.inputs["position_ids"].tolist() == [[0, 1, 2, 3, 4, 1, 2, 3, 4]]
    assert "position_ids" not in collate("bert")[1].inputs


@both_kinds
def test_the_model_embeds_reset_positions_as_it_embeds_a_single_sentence(kind):
    """RoBERTa's first position is not 0: the embedding of a piece must be that of MLM's layout."""
    model = make_model(kind)
    seen = []
    embeddings = model.base_model.embeddings
    embeddings.position_embeddings.register_forward_hook(
        lambda module, inputs, output: seen.append(output)
    )
    objective, batch = collate(kind, masking=1e-9, examples=EXAMPLES[:1], reset_positions=True)
    objective.sums(model, batch)
    alone = torch.tensor([[CLS, 8, 9, 10, SEP]])
    model.base_model(input_ids=alone, attention_mask=torch.ones_like(alone))
    joined_LD, alone_LD = (output[0] for output in seen)
    target = slice(5, 8) if kind == "roberta" else slice(4, 7)
    assert torch.equal(joined_LD[target], alone_LD[1:4])
    assert torch.equal(joined_LD[1:3], alone_LD[1:3])


@both_kinds
def test_positions_are_told_to_the_model_and_change_its_loss(kind):
    model = make_model(kind)
    (plain, batch), (reset, moved) = (
        collate(kind, masking=0.4, seed=1, reset_positions=anew) for anew in (False, True)
    )
    assert torch.equal(batch.inputs["input_ids"], moved.inputs["input_ids"])
    with torch.no_grad():
        before = plain.sums(model, batch)["multilingual"]
        after = reset.sums(model, moved)["multilingual"]
    assert abs(float(before - after)) > 1e-3


def test_positions_that_are_not_counted_cannot_be_reset():
    """DeBERTa-v2's are relative alone."""
    shape = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = DebertaV2Config(vocab_size=40, **shape)
    config.position_biased_input = False
    objective, _ = collate("bert", reset_positions=True)
    with pytest.raises(CheckpointError, match="no positions from 0 on to be reset"):
        objective.begin(DebertaV2ForMaskedLM(config), seed=0)
    collate("bert")[0].begin(DebertaV2ForMaskedLM(config), seed=0)
    objective.begin(make_model("bert"), seed=0)


def test_in_random_order_each_sentence_comes_first_in_half_of_the_cases():
    _, batch = collate("bert", masking=1e-9, examples=EXAMPLES[1:2] * 400, order="random")
    rows = {tuple(row) for row in batch.inputs["input_ids"].tolist()}
    assert rows == {(CLS, 12, SEP, 13, SEP), (CLS, 13, SEP, 12, SEP)}
    share = (batch.inputs["input_ids"][:, 1] == 13).float().mean()
    assert float(share) == pytest.approx(0.5, abs=0.1)  # 4 deviations
    _, fixed = collate("bert", masking=1e-9, examples=EXAMPLES[1:2] * 400)
    assert (fixed.inputs["input_ids"][:, 1] == 12).all()


@both_kinds
def test_a_sentence_that_comes_second_is_laid_out_and_masked_as_such(kind):
    """Exchanged sentences in fixed order are the same batch as those that chance exchanged."""
    swapped = [EncodedPair(pair.target, pair.source, NO_LINKS) for pair in EXAMPLES]
    orders = set()
    for seed in range(20):
        options = {"masking": 1 - 1e-9, "reset_positions": True}
        for pair, other in zip(EXAMPLES, swapped, strict=True):
            _, batch = collate(kind, seed=seed, examples=[pair], order="random", **options)
            candidates = [collate(kind, examples=[each], **options)[1] for each in (pair, other)]
            same = [torch.equal(batch.labels, each.labels) for each in candidates]
            assert sum(same) == 1
            orders.add(same.index(True))
            found = candidates[same.index(True)]
            for name in ("attention_mask", "token_type_ids", "position_ids"):
                assert torch.equal(batch.inputs[name], found.inputs[name])
    assert orders == {0, 1}


@pytest.mark.parametrize("options", [{"order": "reverse"}, {"reset_positions": "some"}])
def test_wrong_options_are_refused(options):
    with pytest.raises(ValidationError):
        TLMOptions(**options)

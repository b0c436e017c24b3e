"""Masked language modelling against the model's own loss."""

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from tokenizers import Tokenizer, models, processors
from transformers import (
    BertConfig,
    BertForMaskedLM,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForMaskedLM,
)

from lingweave.encoder import EncodedSentence
from lingweave.objectives import MLMOptions, make_objective
from lingweave.objectives.base import EncodedPair
from tiny_models import rows_of_head

PAD, CLS, SEP, MASK, VOCABULARY = 1, 0, 2, 4, 40
NO_LINKS = np.empty((0, 2), dtype=np.int32)


def make_tokenizer():
    """`<s> … </s>`, with all that a masked objective must know; pieces are numbers 5 to 39."""
    special = {"<s>": CLS, "<pad>": PAD, "</s>": SEP, "<unk>": 3, "<mask>": MASK}
    words = special | {f"w{number}": number for number in range(5, VOCABULARY)} | {"a": 39}
    del words["w39"]
    backend = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    backend.post_processor = processors.RobertaProcessing(("</s>", SEP), ("<s>", CLS))
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        cls_token="<s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        mask_token="<mask>",
    )


def make_model(kind):
    """An untrained model in evaluation mode, with weights large enough to matter."""
    config_class, model_class = {
        "bert": (BertConfig, BertForMaskedLM),
        "roberta": (RobertaConfig, RobertaForMaskedLM),
    }[kind]
    config = config_class(
        vocab_size=VOCABULARY,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=40,
        pad_token_id=PAD,
        initializer_range=0.3,
    )
    torch.manual_seed(5)
    return model_class(config).eval()


TOKENIZER = make_tokenizer()
PAIRS = [([5, 6, 7], [8, 9, 10, 11]), ([12], [13, 14]), ([15, 16, 17, 18, 19, 20], [21, 22])]


def sentence(pieces):
    return EncodedSentence(np.array(pieces, dtype=np.int32), np.arange(len(pieces), dtype=np.int32))


EXAMPLES = [EncodedPair(sentence(source), sentence(target), NO_LINKS) for source, target in PAIRS]


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def collate(masking=0.3, seed=0, examples=EXAMPLES):
    objective = make_objective("mlm", TOKENIZER, MLMOptions(masking=masking))
    return objective, objective.collate(examples, [generator(seed)] * len(examples))


def test_every_sentence_is_a_sequence_of_its_own_pair_after_pair():
    _, batch = collate(masking=1e-9)
    expected = [
        [CLS, 5, 6, 7, SEP, PAD, PAD, PAD],
        [CLS, 8, 9, 10, 11, SEP, PAD, PAD],
        [CLS, 12, SEP, PAD, PAD, PAD, PAD, PAD],
        [CLS, 13, 14, SEP, PAD, PAD, PAD, PAD],
        [CLS, 15, 16, 17, 18, 19, 20, SEP],
        [CLS, 21, 22, SEP, PAD, PAD, PAD, PAD],
    ]
    assert batch.inputs["input_ids"].tolist() == expected
    attended = [[int(piece != PAD) for piece in sequence] for sequence in expected]
    assert batch.inputs["attention_mask"].tolist() == attended
    assert batch.num_tokens == 5 + 3 + 8 + 6 + 4 + 4


def test_labels_are_the_pieces_that_stood_at_the_positions():
    _, plain = collate(masking=1e-9)
    original = plain.inputs["input_ids"].flatten()
    _, batch = collate(masking=0.5)
    masked = batch.inputs["input_ids"].flatten()
    assert batch.counts == {"multilingual": len(batch.positions)}
    assert batch.labels.tolist() == original[batch.positions].tolist()
    assert (batch.labels >= 5).all(), "a special token is to be predicted"
    changed = (masked != original).nonzero().flatten().tolist()
    assert changed
    assert set(changed) <= set(batch.positions.tolist())


def test_nearly_all_pieces_and_only_pieces_can_be_masked():
    _, batch = collate(masking=1 - 1e-9)
    assert len(batch.positions) == sum(len(s) + len(t) for s, t in PAIRS)


@pytest.mark.parametrize("kind", ["bert", "roberta"])
@pytest.mark.parametrize("seed", range(3))
def test_the_loss_is_that_of_the_models_own_forward(kind, seed):
    model = make_model(kind)
    objective, batch = collate(masking=0.4, seed=seed)
    labels = torch.full_like(batch.inputs["input_ids"], -100)
    labels.view(-1)[batch.positions] = batch.labels
    with torch.no_grad():
        sums = objective.sums(model, batch)
        expected = model(**batch.inputs, labels=labels).loss * len(batch.labels)
    assert sums.keys() == objective.weights.keys() == batch.counts.keys()
    assert float(sums["multilingual"]) == pytest.approx(float(expected), rel=1e-5)


@pytest.mark.parametrize("kind", ["bert", "roberta"])
def test_logits_are_computed_at_the_predicted_positions_only(kind):
    model = make_model(kind)
    rows = rows_of_head(model)
    objective, batch = collate(masking=0.4)
    objective.sums(model, batch)
    assert rows == [(len(batch.positions), model.config.hidden_size)]


def test_a_batch_in_which_nothing_is_masked_adds_zero():
    model = make_model("bert")
    objective, batch = collate(masking=1e-9)
    total = objective.sums(model, batch)["multilingual"]
    total.backward()
    assert total.item() == 0
    for parameter in model.parameters():
        assert parameter.grad is None or not parameter.grad.any()


def test_a_sentence_does_not_see_its_translation():
    """The gradient of a source's prediction ends at the source."""
    model = make_model("bert")
    seen = []
    model.base_model.embeddings.register_forward_hook(
        lambda module, inputs, output: (output.retain_grad(), seen.append(output))[0]
    )
    # A seed that masks in the first sentence only.
    for seed in range(1000):
        objective, batch = collate(masking=0.3, seed=seed, examples=EXAMPLES[:1])
        length = batch.inputs["input_ids"].shape[1]
        if len(batch.positions) and (batch.positions < length).all():
            break
    else:
        pytest.fail("no seed masks in the first sentence only")
    objective.sums(model, batch)["multilingual"].backward()
    (embedded_BLD,) = seen
    assert embedded_BLD.grad[0].any()
    assert not embedded_BLD.grad[1].any()


def test_the_same_generator_state_gives_the_same_batch_and_examples_stay():
    before = [(pair.source.pieces.copy(), pair.target.pieces.copy()) for pair in EXAMPLES]
    state = torch.get_rng_state()
    (_, first), (_, again), (_, other) = (collate(seed=seed) for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(first.inputs["input_ids"], again.inputs["input_ids"])
    assert torch.equal(first.positions, again.positions)
    assert not torch.equal(first.positions, other.positions)
    for pair, (source, target) in zip(EXAMPLES, before, strict=True):
        assert pair.source.pieces.tolist() == source.tolist()
        assert pair.target.pieces.tolist() == target.tolist()


def test_length_counts_the_pieces_of_both_sentences():
    objective, _ = collate()
    lengths = [objective.length(example) for example in EXAMPLES]
    assert np.argsort(lengths).tolist() == [1, 0, 2]


@pytest.mark.parametrize("options", [{"masking": 0}, {"masking": 1}, {"mask": 0.3}])
def test_options_out_of_range_are_refused(options):
    with pytest.raises(ValidationError):
        MLMOptions(**options)


def test_the_default_share_is_that_of_the_paper():
    assert MLMOptions().masking == 0.3

"""Fine-tuning's loss against the model's own."""

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    PreTrainedTokenizerFast,
    XLMRobertaConfig,
    XLMRobertaForSequenceClassification,
)

from lingweave.objectives import Classification, LabelledSequence

PAD = 1
MODELS = {
    "bert": (BertConfig, BertForSequenceClassification),
    "xlm-roberta": (XLMRobertaConfig, XLMRobertaForSequenceClassification),
}


def array(values):
    return np.array(values, dtype=np.int32)


EXAMPLES = [
    LabelledSequence(array([2, 10, 11, 3, 12, 3]), array([0, 0, 0, 0, 1, 1]), 2),
    LabelledSequence(array([2, 13, 3, 14, 3]), array([0, 0, 0, 1, 1]), 0),
    LabelledSequence(array([2, 15, 3, 16, 17, 18, 19, 3]), array([0, 0, 0, 1, 1, 1, 1, 1]), 1),
]


@pytest.fixture(scope="module")
def objective():
    backend = Tokenizer(models.WordLevel({"a": 0, "<pad>": PAD}, unk_token="a"))
    return Classification(PreTrainedTokenizerFast(tokenizer_object=backend, pad_token="<pad>"))


def make_model(kind, token_types):
    config_class, model_class = MODELS[kind]
    config = config_class(
        vocab_size=20,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=20,
        type_vocab_size=token_types,
        pad_token_id=PAD,
        num_labels=3,
        initializer_range=0.3,
    )
    torch.manual_seed(2)
    return model_class(config).eval()


def test_sequences_are_padded_and_keep_their_order(objective):
    batch = objective.collate(EXAMPLES)
    assert batch.inputs["input_ids"].tolist() == [
        [2, 10, 11, 3, 12, 3, PAD, PAD],
        [2, 13, 3, 14, 3, PAD, PAD, PAD],
        [2, 15, 3, 16, 17, 18, 19, 3],
    ]
    assert batch.inputs["attention_mask"].sum(dim=1).tolist() == [6, 5, 8]
    assert batch.inputs["token_type_ids"].tolist()[0] == [0, 0, 0, 0, 1, 1, 0, 0]
    assert batch.labels.tolist() == [2, 0, 1]
    assert batch.counts == {"label": 3}
    assert batch.num_tokens == 19
    assert [objective.length(example) for example in EXAMPLES] == [6, 5, 8]


@pytest.mark.parametrize("kind", MODELS)
def test_the_loss_is_that_of_the_models_own_forward(objective, kind):
    model = make_model(kind, token_types=2)
    batch = objective.collate(EXAMPLES)
    with torch.no_grad():
        sums = objective.sums(model, batch)
        expected = model(**batch.inputs, labels=batch.labels).loss * 3
    assert sums.keys() == objective.weights.keys() == {"label"}
    assert float(sums["label"]) == pytest.approx(float(expected), rel=1e-6)


@pytest.mark.parametrize("kind", MODELS)
def test_padding_changes_no_loss(objective, kind):
    model = make_model(kind, token_types=2)
    with torch.no_grad():
        together = objective.sums(model, objective.collate(EXAMPLES))["label"]
        apart = sum(objective.sums(model, objective.collate([one]))["label"] for one in EXAMPLES)
    assert float(together) == pytest.approx(float(apart), rel=1e-5)


def test_nothing_is_left_to_chance(objective):
    generator = torch.Generator().manual_seed(0)
    state = generator.get_state()
    objective.collate(EXAMPLES, [generator] * len(EXAMPLES))
    assert torch.equal(generator.get_state(), state)

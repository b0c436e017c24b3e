"""Word alignment by squared distance: by hand, and against sums written out word by word."""

import pytest
import torch
from pydantic import ValidationError

from lingweave.objectives import WordAlignedOptions, make_objective
from lingweave.objectives.word_pairs import squared_distance
from tiny_models import CLS, SEP
from tiny_pairs import PAIRS, TOKENIZERS, begun, generator


def make(tokenizer="bert", **options):
    return make_objective("word-aligned", TOKENIZERS[tokenizer], WordAlignedOptions(**options))


def test_squared_distances_by_hand():
    first = torch.tensor([[0.0, 0.0], [1.0, 2.0]])
    second = torch.tensor([[3.0, 4.0], [1.0, 0.0]])
    assert squared_distance(first, second).tolist() == [25, 4]


ALIGNED = {  # (pair, source piece, target piece), the words' last pieces
    "last": [(0, 0, 0), (0, 1, 2), (0, 2, 3)],
    "first": [(0, 0, 0), (0, 1, 1), (0, 2, 3)],
}
LINKS_OF_LAST_PAIR = [(0, 1), (1, 0), (2, 2), (3, 4), (4, 5), (5, 3)]


def states(model, sentence):
    """Of one sentence with its special tokens, in the model's own way."""
    pieces = torch.tensor([[CLS, *sentence.pieces.tolist(), SEP]])
    return model.base_model(input_ids=pieces).last_hidden_state[0]


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize("which", ["first", "last"])
@pytest.mark.parametrize("special_tokens", [False, True])
def test_the_loss_is_that_of_the_definition(tokenizer, which, special_tokens):
    objective = make(tokenizer, word_piece=which, special_tokens=special_tokens)
    model = begun(objective, tokenizer)
    pairs = [*ALIGNED[which], *[(3, source, target) for source, target in LINKS_OF_LAST_PAIR]]
    expected = 0.0
    with torch.no_grad():
        for number, source, target in pairs:
            source_LD = states(model, PAIRS[number].source)[1:]
            target_LD = states(model, PAIRS[number].target)[1:]
            expected += float((source_LD[source] - target_LD[target]).square().sum())
        if special_tokens:
            for pair in PAIRS:
                for place in (0, -1):
                    apart = states(model, pair.source)[place] - states(model, pair.target)[place]
                    expected += float(apart.square().sum())
        batch = objective.collate(PAIRS, [generator()] * len(PAIRS))
        total = objective.sums(model, batch)["alignment"]
    assert batch.counts["alignment"] == len(pairs) + (2 * len(PAIRS) if special_tokens else 0)
    assert float(total) == pytest.approx(expected, rel=1e-4)


def test_the_gradient_draws_each_state_to_the_other():
    source = torch.tensor([[1.0, 0.0]], requires_grad=True)
    target = torch.tensor([[0.0, 3.0]], requires_grad=True)
    make().alignment_loss(None, source, target, None).backward()
    assert source.grad.tolist() == [[2, -6]]
    assert target.grad.tolist() == [[-2, 6]]


def test_defaults_are_the_papers_and_wrong_options_are_refused():
    options = WordAlignedOptions()
    assert (options.word_piece, options.regularizer, options.anchor) == ("last", "states", "source")
    assert (options.regularization_weight, options.special_tokens) == (1.0, False)
    assert not options.needs_whole_updates
    for wrong in (
        {"word_piece": "mean"},
        {"regularizer": "none"},
        {"regularization_weight": -1},
        {"anchor": "english"},
        {"masking": 0.3},
    ):
        with pytest.raises(ValidationError):
            WordAlignedOptions(**wrong)

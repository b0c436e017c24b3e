"""Sharded layers: two real processes, against one that holds everything.

This file is also the program that they run: `python test_sharding.py CASE FOLDER`.
"""

import pytest
import torch

from lingweave.errors import TrainingError
from lingweave.objectives import WordAlignedOptions, make_objective
from lingweave.training import Run, processes, train
from lingweave.training.sharding import ShardedLayers
from tiny_models import make_model, make_tokenizer
from two_processes import EXAMPLES, OPTIONS, answer, curve, results, settings, stopped

pytestmark = pytest.mark.usefixtures("one_thread")

NAMES = ["tlm", "weam", "word-aligned"]
"""Predicting in one sequence, through swapped states, and without the masked-LM head."""


def parameters_of(model):
    return {name: one.detach().clone() for name, one in model.named_parameters()}


def shares():
    """Parameters of the layers that this process holds, of how many, and what comes back."""
    model = make_model("bert")
    before, number = parameters_of(model), sum(one.numel() for one in model.parameters())
    layers, outside = model.base_model.encoder.layer, make_model("bert")
    outside.base_model.encoder.layer = torch.nn.ModuleList()
    rest = sum(one.numel() for one in outside.parameters())
    parts = ShardedLayers(model, torch.device("cpu"))
    held = sum(part.to_local().numel() for part in layers.parameters())
    with parts.whole("cpu"):
        within = parameters_of(model)
        with torch.no_grad():
            layers[1].output.dense.weight.mul_(2)
    parts.end()
    after = parameters_of(model)
    before["bert.encoder.layer.1.output.dense.weight"] *= 2
    return {
        "held": held,
        "all": number - rest,
        "within": [*within] == [*before],
        "after": [*after] == [*before] and all(after[one].equal(before[one]) for one in before),
    }


def near(folder, **changes):
    """Parameters that are kept near the original ones, some of them in parts."""
    made = WordAlignedOptions(regularizer="parameters", regularization_weight=3)
    return curve("word-aligned", folder, made=made, **changes)


def case_everything(folder):
    found = {name: curve(name, folder / name) for name in NAMES}
    found["near"] = near(folder / "near", micro_batch_size=1)
    found["unequal"] = curve("tlm", folder / "unequal", batch_size=5, micro_batch_size=1)
    found["best"] = best(folder / "best")
    found["shares"] = shares()
    found["narrow"] = narrow(folder / "narrow")
    return found


def best(folder):
    """The last of three scored epochs is not the best."""
    objective = make_objective("tlm", make_tokenizer("bert"), OPTIONS["tlm"])
    model, seen = make_model("bert"), []

    def select(scored):
        with torch.inference_mode():
            pieces = torch.arange(5, 25).view(2, 10)
            seen.append(float(scored(input_ids=pieces).logits.square().mean()))
        return [1, 3, 2][len(seen) - 1]

    train(model, objective, EXAMPLES, Run(options=settings(), seed=1, work=folder), select=select)
    with torch.inference_mode():
        pieces = torch.arange(5, 25).view(2, 10)
        result = float(model.eval()(input_ids=pieces).logits.square().mean())
    return {"seen": seen, "result": result}


def narrow(folder):
    """Both have too little memory."""
    objective = make_objective("tlm", make_tokenizer("bert"), OPTIONS["tlm"])

    def sums(model, batch):
        torch.empty(2**50, dtype=torch.uint8)

    objective.sums = sums
    try:
        train(make_model("bert"), objective, EXAMPLES, Run(options=settings(), seed=1, work=folder))
    except TrainingError as error:
        return str(error)


def case_broken(folder):
    """The second is at fault, in its third micro-batch; the first waits for its part of a layer."""
    objective = make_objective("tlm", make_tokenizer("bert"), OPTIONS["tlm"])
    right, calls = objective.sums, []

    def sums(model, batch):
        calls.append(batch)
        if processes.rank() == 1 and len(calls) == 3:
            return torch.ones(2, 3) @ torch.ones(2, 3)
        return right(model, batch)

    objective.sums = sums
    try:
        train(make_model("bert"), objective, EXAMPLES, Run(options=settings(), seed=1, work=folder))
    except (TrainingError, RuntimeError) as error:
        return [type(error).__name__, str(error)]


def case_stopped(folder):
    return stopped("tlm", folder.parent / "resumed")


def case_resumed(folder):
    return curve("tlm", folder.parent / "resumed")


def sharded(case, folder):
    """What each of two processes found that were launched with --use_fsdp."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ACCELERATE_USE_FSDP", "true")
        return results(__file__, case, folder)


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    return sharded("everything", tmp_path_factory.mktemp("both"))


@pytest.mark.parametrize("name", NAMES)
def test_sharded_layers_train_as_whole_ones(both, tmp_path, name):
    alone = curve(name, tmp_path)
    for found in both:
        assert found[name]["losses"] == pytest.approx(alone["losses"], abs=1e-5)
        assert found[name]["tokens"] == alone["tokens"]
    assert both[0][name]["weights"] == both[1][name]["weights"]


def test_parameters_are_kept_near_the_original_ones_as_by_one_process(both, tmp_path):
    alone = near(tmp_path)
    for found in both:
        # Micro-batches in one process differ as much, by 2e-4; gradients not summed by 0.7.
        assert found["near"]["losses"] == pytest.approx(alone["losses"], abs=1e-3)
    assert both[0]["near"]["weights"] == both[1]["near"]["weights"]


def test_they_may_have_unequal_numbers_of_micro_batches(both, tmp_path):
    alone = curve("tlm", tmp_path, batch_size=5)  # two and three, two and two
    assert both[0]["unequal"]["losses"] == pytest.approx(alone["losses"], abs=1e-5)


def test_epochs_are_scored_on_the_whole_model_and_the_best_one_is_the_result(both, tmp_path):
    alone = best(tmp_path)
    assert alone["result"] == pytest.approx(alone["seen"][1], abs=1e-6)
    for found in both:
        assert found["best"]["seen"] == pytest.approx(alone["seen"], rel=1e-3)
        assert found["best"]["result"] == pytest.approx(found["best"]["seen"][1], abs=1e-6)


def test_each_holds_its_part_and_gives_back_the_whole(both):
    held = [found["shares"]["held"] for found in both]
    (number,) = {found["shares"]["all"] for found in both}
    assert sum(held) == number
    assert held == [number / 2] * 2
    assert all(found["shares"]["within"] and found["shares"]["after"] for found in both)


def test_too_little_memory_is_the_users_to_mend(both):
    assert [found["narrow"] for found in both] == [
        "update 1 does not fit the memory; lower micro_batch_size, which gives the same result"
    ] * 2


def test_what_is_wrong_in_one_is_said_by_it_and_the_others_say_that_it_is_gone(tmp_path):
    waiting, broken = sharded("broken", tmp_path)
    assert broken[0] == "RuntimeError"
    assert broken[1].startswith("mat1 and mat2 shapes cannot be multiplied")
    assert waiting == [
        "TrainingError",
        "another process of this run has ended or cannot be reached; "
        "see what it said, and run the same command again: it resumes",
    ]


@pytest.mark.slow
def test_a_checkpoint_of_sharded_layers_is_resumed_by_one_process_and_the_reverse(tmp_path):
    undisturbed = curve("tlm", tmp_path / "undisturbed")
    for number, (first, second) in enumerate([(2, 1), (1, 2)]):
        folder = tmp_path / str(number) / "case"
        folder.mkdir(parents=True)
        if first == 2:
            assert sharded("stopped", folder) == ["stopped"] * 2
        else:
            assert stopped("tlm", folder.parent / "resumed") == "stopped"
        (checkpoint,) = (folder.parent / "resumed").glob("checkpoint-*")
        assert 4 <= int(checkpoint.name.removeprefix("checkpoint-")) < 9
        found = [case_resumed(folder)] if second == 1 else sharded("resumed", folder)
        for one in found:
            assert one["losses"] == pytest.approx(undisturbed["losses"], abs=1e-5)
            assert one["tokens"] == undisturbed["tokens"]


if __name__ == "__main__":
    answer(globals())

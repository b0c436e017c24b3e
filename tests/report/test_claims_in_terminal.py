"""Claims as a terminal shows them: a line each, however narrow it is."""

from io import StringIO

import pytest
from rich.console import Console

from lingweave.report import print_results
from lingweave.study import ClaimResult
from made_results import make_results

TEXT = "code-switched MLM raises zero-shot macro-F1, against MLM on the very same sentences"
COMPARED = ClaimResult(
    id="Q",
    text=TEXT,
    kind="result",
    verdict="inconclusive",
    reason="p = 0.3 among all claims; 3 pre-training seeds",
    effect=-0.0123,
    low=-0.101,
    high=0.0764,
    num_seeds=3,
    task="xnli",
)
UNTESTED = ClaimResult(
    id="C5", text="it exceeds", kind="result", verdict="not tested", reason="no task mlqa"
)


def printed(*claims, width=80):
    console = Console(width=width, record=True, file=StringIO())
    print_results(console, make_results(claims=list(claims)))
    return console.export_text().splitlines()


@pytest.mark.parametrize("width", [60, 80])
def test_a_claim_that_was_compared_has_one_line_with_its_effect(width):
    lines = printed(COMPARED, UNTESTED, width=width)
    assert max(map(len, lines)) <= width
    (line,) = (line for line in lines if line.startswith("Q "))
    assert line.split()[:5] == ["Q", "inconclusive", "−1.2", "[−10.1,", "+7.6]"]
    assert "xnli: code" in line
    assert line.rstrip().endswith("…")


def test_an_effect_without_interval_stands_alone():
    few = COMPARED.model_copy(update={"low": None, "high": None})
    assert any(
        "inconclusive  −1.2  3 seeds  xnli" in " ".join(line.split(" ")) for line in printed(few)
    )


def test_the_others_are_named_together_with_why_if_it_is_one_reason():
    other = UNTESTED.model_copy(update={"id": "C2"})
    assert "Not tested (no task mlqa): C5, C2." in printed(UNTESTED, other)
    other = other.model_copy(update={"reason": "no system plays weam"})
    assert "Not tested (report.md says why): C5, C2." in printed(UNTESTED, other)
    assert not any("Not tested" in line for line in printed(COMPARED))


def test_what_counting_decided_was_tested():
    counted = UNTESTED.model_copy(update={"id": "C9", "verdict": "contradicted"})
    lines = printed(counted)
    (line,) = (line for line in lines if line.startswith("C9 "))
    assert line.split() == ["C9", "contradicted", "it", "exceeds"]
    assert not any("Not tested" in line for line in lines)

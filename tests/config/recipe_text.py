"""A small recipe that is right, for tests to change."""

RECIPE = """\
# A comment, so that line 1 holds no key.
name: small
encoder:
  checkpoint: some/encoder
bitext:
  - location: data/en-de
    max_pairs: 10
  - {location: data/en-zh}
alignment: {symmetrization: union}
pretraining:
  epochs: 1
systems:
  mlm: {objective: mlm}
  weam:
    objective: weam
    cross_weight: 0.5
  untouched: {objective: none}
control: mlm
tasks:
  xnli:
    task: nli
    train: {path: train.tsv}
    dev: {path: dev.tsv}
    test:
      path: "test.{language}.tsv"
    languages: [en, de]
settings: [zero-shot]
"""


def line_of(text, recipe=RECIPE):
    """The 1-based line that holds a text."""
    lines = [number for number, line in enumerate(recipe.splitlines(), 1) if text in line]
    assert len(lines) == 1
    return lines[0]

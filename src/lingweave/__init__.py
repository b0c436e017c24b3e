"""Align the languages inside a multilingual encoder, and measure what that buys.

In goes a multilingual encoder and parallel text; out comes an encoder whose languages line up, and
the measured proof: how well a task learned in English now works in the other languages. The folders
tell the story in the order in which the data goes through them:

1. `corpus`: parallel text, labelled examples, and words with their character offsets.
2. `alignment`: which word translates which.
3. `codeswitch`: sentences in which some words are replaced by their translation.
4. `encoder`: the checkpoint, and which subwords make up which word.
5. `objectives`: what the encoder is trained to do; one file per paper.
6. `training`: the loop, which does not know what it trains.
7. `tasks`: what people want encoders for, with each task's official score.
8. `evaluation`: scores with signatures, intervals, significance; probes inside an encoder.
9. `config`, `study`, `report`: a recipe becomes stages, scores, tables and claims.
10. `cli`: the command `lingweave`, one verb per public function.

Each imports only from those before it.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("lingweave")
except PackageNotFoundError:  # imported from a source tree that is not installed
    __version__ = "0+unknown"

"""Models and texts → the stages of a probe; and texts from the folders they usually lie in.

    text ─► links (FastAlign) ─┐
    model ─────────────────────┴► words (retrieval, AER, isotropy)
    model ──────────────────────► sentences (retrieval, isotropy)

One stage for each model and text, so that a probe that was interrupted goes on where it was, and
one more model or text costs only itself.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field

from lingweave.config import BitextSource, Strict
from lingweave.errors import RecipeError, TextFileError
from lingweave.study.probe_stages import (
    LINKS_VERSION,
    PROBE_VERSION,
    WORD_PAIRS,
    LinkedText,
    link_text,
    name_of,
    probe_sentences,
    probe_words,
    read_pairs,
)
from lingweave.study.stage import Checkpoint, Stage
from lingweave.study.stages import given

DIGEST_DIGITS = 12
"""Of a model's SHA-256, in signatures."""

Languages = tuple[str, str]
ValueT = TypeVar("ValueT")

_TATOEBA = re.compile(r"(?:.*\.)?([a-z]{2,3})-([a-z]{2,3})\.\1")


class ProbeTexts(Strict):
    """What encoders are probed with."""

    sentences: list[BitextSource] = Field(default=[], description="for sentence retrieval")
    words: list[LinkedText] = Field(default=[], description="for word retrieval; AER with gold")


@dataclass(frozen=True, kw_only=True)
class ProbePlan:
    """The stages of a probe.

    Attributes:
        checkpoints: the encoders, by name.
        links: FastAlign on each text with words, by the text's name.
        sentences: by model, then by text.
        words: by model, then by text.
    """

    checkpoints: Mapping[str, Checkpoint]
    links: Mapping[str, Stage]
    sentences: Mapping[str, Mapping[str, Stage]]
    words: Mapping[str, Mapping[str, Stage]]

    @property
    def stages(self) -> list[Stage]:
        """All of them, each behind those it builds on, none twice."""
        found = {stage.digest: stage for stage in self.links.values()}
        for model in self.checkpoints:
            for stage in (*self.sentences[model].values(), *self.words[model].values()):
                found.setdefault(stage.digest, stage)
        return list(found.values())


def make_probe_plan(models: Sequence[str], texts: ProbeTexts) -> ProbePlan:
    """Look at all inputs and name the stages, before any work.

    Raises:
        UserError: an input is missing or wrong, or two texts cannot be told apart.
    """
    if not models or not (texts.sentences or texts.words):
        raise RecipeError("there is nothing to probe", remedy="give a model, and text to probe it")
    checkpoints = {
        name: given(Path(model)) for name, model in _by_name(_short(models), models).items()
    }
    sentences = sentence_stages(checkpoints, texts.sentences)
    names = [name_of(linked.text.open()) for linked in texts.words]
    words = _by_name(names, texts.words)
    links = {name: _links_stage(name, linked) for name, linked in words.items()}
    return ProbePlan(
        checkpoints=checkpoints,
        links=links,
        sentences=sentences,
        words={
            model: {
                name: _words_stage(f"words-{model}-{name}", linked, links[name], checkpoint)
                for name, linked in words.items()
            }
            for model, checkpoint in checkpoints.items()
        },
    )


def sentence_stages(
    models: Mapping[str, Stage | Checkpoint], texts: Sequence[BitextSource]
) -> dict[str, dict[str, Stage]]:
    """The stages that seek sentences by each encoder, by the encoder's name, then by the text's.

    Raises:
        UserError: a text is missing or wrong, or two of them cannot be told apart.
    """
    named = _by_name([name_of(text.open()) for text in texts], texts)
    settings = {name: _text(text) for name, text in named.items()}
    return {
        model: {
            name: _sentences_stage(f"sentences-{model}-{name}", text, settings[name], made)
            for name, text in named.items()
        }
        for model, made in models.items()
    }


def tatoeba_texts(folder: Path) -> list[BitextSource]:
    """All pairs of languages in a folder laid out as LASER's Tatoeba: `de-en.de`, `de-en.en` ….

    Raises:
        TextFileError: there is none.
    """
    texts = []
    for path in sorted(folder.glob("*-*.*")):
        match = _TATOEBA.fullmatch(path.name)
        if match and (partner := path.with_suffix(f".{match[2]}")).is_file():
            location = (str(path), str(partner))
            texts.append(
                BitextSource(location=location, source_language=match[1], target_language=match[2])
            )
    if not texts:
        raise TextFileError(
            "no two files such as de-en.de and de-en.en are here",
            remedy="give a folder of line-parallel files",
            path=folder,
        )
    return texts


def linked_texts(
    gold: Mapping[Languages, tuple[Path, Path]], bitexts: Mapping[Languages, Path]
) -> list[LinkedText]:
    """Gold sets, and held-out sentences of bitexts; FastAlign learns from the bitexts.

    Args:
        gold: by languages (source, target) the text, tokenised, and its links.
        bitexts: by languages, in either order, a folder with `train` and `valid`. The first
            sentences of `valid` are linked by FastAlign, unless there is gold for these languages.
    """
    texts = []
    for (source, target), (text, links) in gold.items():
        folder = bitexts.get((source, target), bitexts.get((target, source)))
        tokenised = BitextSource(
            location=str(text),
            source_language=source,
            target_language=target,
            source_segmenter="whitespace",
            target_segmenter="whitespace",
        )
        learn = None if folder is None else _bitext(folder, (source, target))
        texts.append(LinkedText(text=tokenised, gold=str(links), align_with=learn))
    for (source, target), folder in bitexts.items():
        if (source, target) not in gold and (target, source) not in gold:
            files = str(folder / f"valid.{source}"), str(folder / f"valid.{target}")
            held_out = BitextSource(location=files, max_pairs=WORD_PAIRS)
            texts.append(LinkedText(text=held_out, align_with=_bitext(folder, (source, target))))
    return texts


def _bitext(folder: Path, languages: Languages) -> BitextSource:
    source, target = languages
    return BitextSource(location=str(folder), source_language=source, target_language=target)


def _links_stage(name: str, linked: LinkedText) -> Stage:
    settings = {
        "text": _text(linked.text),
        "align_with": None if linked.align_with is None else _text(linked.align_with),
    }
    work = partial(link_text, linked=linked)
    return Stage("links", f"links-{name}", LINKS_VERSION, settings, work, files=_gold(linked))


def _sentences_stage(
    label: str, text: BitextSource, settings: dict[str, Any], model: Stage | Checkpoint
) -> Stage:
    work = partial(probe_sentences, source=text, model=model.digest[:DIGEST_DIGITS])
    return Stage("sentences", label, PROBE_VERSION, settings, work, inputs={"model": model})


def _words_stage(label: str, linked: LinkedText, links: Stage, model: Checkpoint) -> Stage:
    return Stage(
        "words",
        label,
        PROBE_VERSION,
        {"text": links.settings["text"]},
        partial(probe_words, linked=linked, model=model.digest[:DIGEST_DIGITS]),
        inputs={"model": model, "links": links},
        files=_gold(linked),
    )


def _gold(linked: LinkedText) -> dict[str, Path]:
    """The gold file, if one is given; it must be there."""
    if linked.gold is None:
        return {}
    path = Path(linked.gold)
    if not path.is_file():
        raise TextFileError("no such file", remedy="check the path", path=path)
    return {"gold": path}


def _text(source: BitextSource) -> dict[str, Any]:
    """What tells one text from another: its sentences, and how words are found in them."""
    digest = hashlib.sha256()
    for pair in read_pairs(source):
        digest.update(f"{pair.source}\t{pair.target}\n".encode())
    settings = source.model_dump(mode="json", exclude={"location", "gold", "links", "max_pairs"})
    bitext = source.open()
    languages = [bitext.source_language, bitext.target_language]
    return {**settings, "languages": languages, "content": digest.hexdigest()}


def _short(models: Sequence[str]) -> list[str]:
    """The last part of a path or hub name; all of it, where that does not tell them apart."""
    names = [Path(model).name for model in models]
    times = Counter(names)
    return [
        name if times[name] == 1 else model.strip("./").replace("/", "-")
        for name, model in zip(names, models, strict=True)
    ]


def _by_name(names: Sequence[str], values: Sequence[ValueT]) -> dict[str, ValueT]:
    """Values by name; no name twice, since a table could not tell them apart.

    Raises:
        RecipeError: a name comes twice.
    """
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise RecipeError(
            f"{twice[0]} is given twice", remedy="give each model and each pair of languages once"
        )
    return dict(zip(names, values, strict=True))

"""The command `lingweave`: each verb is a thin call of the public function of that name.

The only part that prints or exits: 0 when all is done, 2 for input that the user can mend (one
line says what is wrong and what to do), 130 after Ctrl-C and 143 after SIGTERM (one line says how
to go on). Of several processes the main one prints; when something is wrong, the first that finds
it does.

A verb brings in what it runs, and that only: torch and transformers take seconds, which no help, no
version and no alignment of words should wait for. So packages are imported here, which open when
something of them is asked for, and those that need torch in any case where they are needed.
"""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from lingweave import codeswitch, config, corpus, study
from lingweave import report as reports
from lingweave.cli.arguments import examples_of, known_task, languages_of, section, tests_of
from lingweave.cli.talking import NamingVerb, Verbs, command, console, say_version
from lingweave.errors import RecipeError
from lingweave.training import processes

app = typer.Typer(
    cls=Verbs,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Out = Annotated[Path, typer.Option(help="Folder for all results; interrupted work goes on there.")]


Encoder = Annotated[str, typer.Argument(help="Directory or hub name of the encoder.")]
Seed = Annotated[int, typer.Option(help="Of every choice.")]
Epochs = Annotated[int, typer.Option(help="Passes over the examples.")]
BatchSize = Annotated[int, typer.Option(help="Examples in an update.")]
MaxLength = Annotated[int, typer.Option(help="Pieces in a sequence; of one sentence, in bitext.")]
TaskLength = Annotated[
    int | None, typer.Option(help="Pieces in a sequence; default: the task's own.")
]
Tests = Annotated[
    list[str], typer.Argument(help="LANGUAGE=FILE, such as de=xnli/test.de.tsv; hub: NAME@SPLIT.")
]


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=say_version, help="Say the version, and end.")
    ] = False,
) -> None:
    """Align the languages inside a multilingual encoder, and measure what that buys."""


@app.command()
def demo(out: Out = Path("runs/demo")) -> None:
    """Show the whole story on built-in twin languages: on a laptop, in minutes."""
    _study(config.load_recipe(Path(str(files("lingweave") / "recipes" / "demo.yaml"))), out)


@app.command()
def align(
    bitext: Annotated[str, typer.Argument(help="Folder, file, FILE,FILE or hub dataset.")],
    out: Annotated[Path, typer.Option(help="Pharaoh file to write.")],
    method: Annotated[str, typer.Option(help="fast-align, or hmm-align: better and slower.")] = (
        "fast-align"
    ),
    symmetrization: Annotated[str, typer.Option(help="How both directions are joined.")] = (
        "intersection"
    ),
    source_language: Annotated[str | None, typer.Option(help="Code, such as en.")] = None,
    target_language: Annotated[str | None, typer.Option(help="Code, such as de.")] = None,
    segmenter: Annotated[
        str | None, typer.Option(help="Of both sides; whitespace: tokenised already.")
    ] = None,
    keep_case: Annotated[bool, typer.Option("--keep-case", help="Compare words as written.")] = (
        False
    ),
    max_pairs: Annotated[int | None, typer.Option(help="Only the first so many.")] = None,
    model: Annotated[
        Path | None, typer.Option(help="Align by this saved model; learn nothing.")
    ] = None,
    save_model: Annotated[Path | None, typer.Option(help="Keep what was learned.")] = None,
    posteriors: Annotated[
        Path | None, typer.Option(help="File for the probability of each link.")
    ] = None,
    lexicon: Annotated[
        Path | None, typer.Option(help="Folder for forward.tsv and reverse.tsv.")
    ] = None,
    gold: Annotated[Path | None, typer.Option(help="True links of the last pairs.")] = None,
    gold_base: Annotated[
        int | None, typer.Option(help="Gold counts words from 0 or 1, if that cannot be told.")
    ] = None,
    check: Annotated[bool, typer.Option(help="Look for faults in the text first.")] = True,
) -> None:
    """Align the words of a bitext by FastAlign or HmmAlign."""
    if not processes.is_main():
        return
    source = section(
        config.BitextSource,
        location=bitext,
        source_language=source_language,
        target_language=target_language,
        source_segmenter=segmenter,
        target_segmenter=segmenter,
        max_pairs=max_pairs,
    )
    if gold_base is not None and gold is None:
        raise RecipeError("--gold-base says how --gold counts", remedy="give --gold, too")
    truth = None
    if gold is not None:
        truth = section(study.GoldLinks, path=gold, index_base=gold_base)
    summary = study.align(
        source,
        study.AlignmentOutputs(links=out, posteriors=posteriors, lexicon=lexicon, model=save_model),
        section(
            config.Alignment, method=method, symmetrization=symmetrization, lowercase=not keep_case
        ),
        model=model,
        gold=truth,
        observer=reports.alignment_observer(Console(stderr=True, highlight=False), check=check),
    )
    _alignment_report(summary, out)


@app.command()
def switch(
    text: Annotated[Path, typer.Argument(help="UTF-8, one sentence a line.")],
    lexicon: Annotated[list[Path], typer.Option(help="TSV or dictd .index; may be repeated.")],
    out: Annotated[Path, typer.Option(help="File to write, line by line that of the text.")],
    languages: Annotated[
        list[str] | None,
        typer.Option(help="Of each lexicon, such as en-de; default: its file name."),
    ] = None,
    segmenter: Annotated[
        str | None, typer.Option(help="Of the text; default: by its language.")
    ] = None,
    sentence_ratio: Annotated[float, typer.Option(help="Share of sentences switched.")] = 1.0,
    token_ratio: Annotated[float, typer.Option(help="Share of all words of these.")] = 0.6,
    provenance: Annotated[
        Path | None, typer.Option(help="JSONL file: what was switched, with offsets.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Line n depends on it and on n alone.")] = 1,
) -> None:
    """Replace words of a text by translations: artificial code-switching."""
    if not processes.is_main():
        return
    if languages and len(languages) != len(lexicon):
        raise RecipeError(
            f"{len(languages)} times --languages for {len(lexicon)} lexicons",
            remedy="give --languages once for each lexicon, in the same order, or not at all",
        )
    named: list[tuple[str | None, str | None]] = [languages_of(name) for name in languages or []]
    outputs = [path for path in (out, provenance) if path is not None]
    corpus.require_distinct(outputs, [text, *lexicon])
    lexicons = [
        codeswitch.read_lexicon(path, source_language=source, target_language=target)
        for path, (source, target) in zip(
            lexicon, named or [(None, None)] * len(lexicon), strict=True
        )
    ]
    measures = codeswitch.switch_file(
        text,
        lexicons,
        section(
            codeswitch.LexiconSwitchOptions, sentence_ratio=sentence_ratio, token_ratio=token_ratio
        ),
        out,
        segment=corpus.segmenter(segmenter)
        if segmenter
        else corpus.segmenter_for_language(lexicons[0].source_language),
        seed=seed,
        provenance=provenance,
    )
    console.print(
        f"{measures.num_sentences:,} lines, {measures.num_switched:,} of {measures.num_words:,} "
        f"words switched ({measures.effective_ratio:.1%}, covered {measures.coverage:.1%}), "
        f"{measures.num_switch_points:,} switch points, code-mixing index {measures.cmi:.1f}"
    )
    console.print(f"The text is in {out}")


@app.command(cls=NamingVerb)
def pretrain(
    encoder: Encoder,
    bitext: Annotated[list[str], typer.Argument(help="Folders, files or hub datasets.")],
    out: Annotated[Path, typer.Option(help="Folder for the new checkpoint.")],
    objective: Annotated[str, typer.Option(help="One of {objectives}.")] = "weam",
    source_language: Annotated[
        str | None, typer.Option(help="Of each bitext; default: by its name.")
    ] = None,
    target_language: Annotated[
        str | None, typer.Option(help="Of each bitext; default: by its name.")
    ] = None,
    max_pairs: Annotated[int | None, typer.Option(help="Of each bitext, the first.")] = None,
    epochs: Epochs = 2,
    batch_size: BatchSize = 32,
    learning_rate: Annotated[float, typer.Option(help="Peak, of AdamW.")] = 5e-5,
    max_length: MaxLength = 128,
    seed: Seed = 1,
) -> None:
    """Continue pre-training an encoder on parallel text with one objective."""
    from lingweave.objectives import OBJECTIVES

    if objective not in OBJECTIVES:
        known = ", ".join(OBJECTIVES)
        raise RecipeError(f"unknown objective {objective!r}", remedy=f"choose one of: {known}")
    options = section(
        config.Pretraining,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        max_length=max_length,
        seeds=[seed],
    )
    sources = [
        section(
            config.BitextSource,
            location=name,
            source_language=source_language,
            target_language=target_language,
            max_pairs=max_pairs,
        )
        for name in bitext
    ]
    with reports.terminal_observer(console) as observer:
        chosen = OBJECTIVES[objective].options()
        study.pretrain(encoder, sources, chosen, out, options, observer=observer)
    console.print(f"The encoder is in {out}")


@app.command(cls=NamingVerb)
def finetune(
    encoder: Encoder,
    train: Annotated[str, typer.Option(help="TSV, JSONL or hub dataset: NAME@SPLIT.")],
    dev: Annotated[str, typer.Option(help="Selects the epoch.")],
    out: Annotated[Path, typer.Option(help="Folder for the fine-tuned model.")],
    task: Annotated[str, typer.Option(help="One of {tasks}.")] = "nli",
    language: Annotated[
        str, typer.Option(help="Of dev, where its score depends on it: mlqa.")
    ] = "en",
    epochs: Epochs = 3,
    batch_size: BatchSize = 32,
    learning_rate: Annotated[float, typer.Option(help="Peak, of AdamW.")] = 2e-5,
    max_length: TaskLength = None,
    seed: Seed = 1,
) -> None:
    """Fine-tune an encoder on a task."""
    options = section(
        config.Finetuning,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        max_length=max_length,
        seeds=[seed],
    )
    examples = {"train": examples_of(train), "dev": examples_of(dev, language)}
    with reports.terminal_observer(console) as observer:
        study.finetune(Path(encoder), known_task(task), examples, out, options, observer=observer)
    console.print(f"The model is in {out}")


@app.command(cls=NamingVerb)
def evaluate(
    model: Annotated[str, typer.Argument(help="Directory or hub name of a fine-tuned model.")],
    tests: Tests,
    out: Annotated[Path, typer.Option(help="Folder for scores and predictions.")],
    task: Annotated[str, typer.Option(help="One of {tasks}.")] = "nli",
    max_length: TaskLength = None,
) -> None:
    """Test a fine-tuned model, language by language."""
    from lingweave.tasks import TASKS

    examples = tests_of(tests)
    options = section(config.Finetuning, max_length=max_length)
    with reports.terminal_observer(console) as observer:
        scores = study.evaluate(
            Path(model), known_task(task), examples, out, options, observer=observer
        )
    for language, score in scores.items():
        shown = [f"{metric.title} {100 * score[metric.name]:.1f}" for metric in TASKS[task].metrics]
        console.print(f"{language}:", *shown)
        console.print(score["signature"], soft_wrap=True)  # to be copied: no line breaks in it


@app.command()
def probe(
    models: Annotated[list[str], typer.Argument(help="Directories or hub names of encoders.")],
    out: Out = Path("runs/probe"),
    tatoeba: Annotated[
        Path | None, typer.Option(help="Folder with de-en.de and de-en.en: sentence retrieval.")
    ] = None,
    gold: Annotated[
        list[str] | None, typer.Option(help="en-fr=TEXT,LINKS, drawn by people: AER.")
    ] = None,
    bitext: Annotated[
        list[str] | None, typer.Option(help="Folder such as en-sw: words that FastAlign links.")
    ] = None,
) -> None:
    """Look inside encoders: what each layer knows of translations, side by side."""
    drawn = {}
    for text in gold or []:
        languages, _, files = text.partition("=")
        source, _, links = files.partition(",")
        if not links:
            raise RecipeError(
                f"--gold {text!r} is not complete", remedy="write en-fr=TEXT,LINKS, as files"
            )
        drawn[languages_of(languages)] = (Path(source), Path(links))
    folders = {languages_of(Path(folder).name): Path(folder) for folder in bitext or []}
    texts = study.ProbeTexts(
        sentences=[] if tatoeba is None else study.tatoeba_texts(tatoeba),
        words=study.linked_texts(drawn, folders),
    )
    with reports.terminal_observer(console) as observer:
        results = study.probe(models, texts, out, observer=observer, command=command())
    _probe_report(results, out)


@app.command()
def run(
    recipe: Annotated[Path, typer.Argument(help="A YAML file; see recipes/ and docs/recipes.md.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for all results; default: runs/NAME.")
    ] = None,
) -> None:
    """Run a study: systems × settings × tasks × seeds; what is finished is never done twice."""
    loaded = config.load_recipe(recipe)
    _study(loaded, out or Path("runs") / loaded.name)


@app.command()
def report(
    path: Annotated[Path, typer.Argument(help="Folder of a finished study or probe, or a file.")],
) -> None:
    """Write the report anew, from results.json and predictions.parquet: Markdown, HTML, CSV."""
    if not processes.is_main():
        return
    results, folder = reports.read_results(path)
    if isinstance(results, study.Results):
        _report(results, folder)
    else:
        _probe_report(results, folder)


def _study(recipe: "config.Recipe", out: Path) -> None:
    if recipe.question:
        console.print(recipe.question)
    with reports.terminal_observer(console) as observer:
        results = study.run_study(recipe, out, observer=observer, command=command())
    _report(results, out)


def _alignment_report(summary: Mapping[str, Any], out: Path) -> None:
    console.print(f"{summary['pairs']:,} pairs, {summary['links']:,} links in {out}")
    if "against_gold" in summary:
        score = summary["against_gold"]
        percent = {name: f"{100 * score[name]:.1f} %" for name in ("aer", "precision", "recall")}
        figures = ", ".join(f"{name} {value}" for name, value in percent.items())
        console.print(f"{figures}, on {score['num_sentences']:,} pairs")


def _report(results: "study.Results", out: Path) -> None:
    if not processes.is_main():
        return
    written = reports.write_report(results, out)
    reports.print_results(console, results)
    console.print(f"\nAll of it is in {out}: {', '.join(written)}")


def _probe_report(results: "study.ProbeResults", out: Path) -> None:
    if not processes.is_main():
        return
    written = reports.write_report(results, out)
    reports.print_table(console, reports.probe_summary(results))
    console.print(f"All of it is in {out}: {', '.join(written)}")

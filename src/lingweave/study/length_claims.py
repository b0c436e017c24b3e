"""The claim that inputs of some tasks are short, and that long ones lose more by translation.

Its first half is a matter of counting, its second is judged within each task, where the longer half
of the test set is held against the shorter (`lingweave.evaluation.length_gaps`). Between tasks the
gaps are not compared: a point of accuracy is none of F1.
"""

from collections.abc import Iterator

from lingweave.config import BASE, LengthClaim
from lingweave.evaluation import compare_gaps
from lingweave.study.evidence import Compared, Evidence, NotTestedError, Place, told_seeds
from lingweave.study.lengths import median_lengths
from lingweave.study.results import ClaimResult
from lingweave.study.verdicts import result, verdict


def judge_lengths(claim: LengthClaim, evidence: Evidence) -> Iterator[ClaimResult]:
    """One result for each task whose models were tested in its source language and in another."""
    kinds = [evidence.tasks_of(names) for names in (claim.short, claim.long)]
    medians = median_lengths(evidence.predictions)
    short, long = ({name: medians[name] for name in names} for names in kinds)
    each = [f"{name} {length:,.0f} characters" for name, length in (short | long).items()]
    counted = f"median input: {', '.join(each)}"
    if max(short.values()) >= min(long.values()):
        yield result(claim, "contradicted", f"the short ones are not shorter; {counted}")
        return
    system = evidence.player(BASE)
    places = [_place(system, task, evidence) for task in (*short, *long)]
    tested = [place for place in places if place is not None]
    if not tested:
        raise NotTestedError(f"no task was tested in its source language and another; {counted}")
    for place in tested:
        yield verdict(claim, _gaps(place, evidence), found=counted)


def _place(system: str, task: str, evidence: Evidence) -> Place | None:
    """Where a task's gap is that of translations, or else that of transfer, if it has any."""
    for setting in ("translate-train", "zero-shot"):
        place = Place(system, setting, task)
        if evidence.is_done(place):
            languages = evidence.languages(place)
            if evidence.source_language(task) in languages and len(languages) > 1:
                return place
    return None


def _gaps(place: Place, evidence: Evidence) -> Compared:
    """The gap of the longer half against that of the shorter one."""
    source, metric = evidence.source_language(place.task), evidence.metric(place.task)
    targets = [language for language in evidence.languages(place) if language != source]
    comparison = compare_gaps(evidence.predictions, evidence.cell(place), source, targets, metric)
    return Compared(
        sides=(f"{place}: gap to {source}, longer half", "the same, shorter half"),
        task=place.task,
        metric=metric.title,
        languages=targets,
        seeds=told_seeds(evidence.runs(place, targets)),
        comparison=comparison,
    )

"""What may be wrong between keys of a recipe that are right by themselves."""

from collections.abc import Iterator
from typing import Any, get_args

from lingweave.config.recipe import TWINS_VARIABLE, Recipe
from lingweave.config.sections import Location
from lingweave.config.systems import Feed, Untrained, feed_of
from lingweave.config.tasks import Setting, TaskSource
from lingweave.config.untestable_claims import untestable_claims
from lingweave.tasks import TASKS, Examples
from lingweave.tasks.classification import ClassificationTask
from lingweave.tasks.question_answering import QuestionAnsweringTask
from lingweave.tasks.tagging import TaggingTask

_SWITCHABLE: dict[str, tuple[type, ...]] = {
    "code-switched": (ClassificationTask, QuestionAnsweringTask, TaggingTask),
    "progressive": (ClassificationTask,),
}
_WHY_NOT = {
    "code-switched": "setting code-switched needs a task whose words can be switched",
    "progressive": "setting progressive needs a task with one label for its text, for which the "
    "relevance of words is defined",
}


def misfits(recipe: Recipe) -> Iterator[tuple[Location, str]]:
    """What is wrong between keys that are right by themselves: where, and what."""
    if recipe.control not in recipe.systems:
        known = ", ".join(recipe.systems)
        yield ("control",), f"{recipe.control!r} is none of the systems {known}"
    yield from _unknown_settings(recipe)
    yield from _unknown_systems(recipe)
    yield from _cut_updates(recipe)
    yield from _unfed(recipe)
    yield from _joined_links(recipe)
    yield from untestable_claims(recipe)
    for name, task in recipe.tasks.items():
        for part in ("test", "translations", "translations_dev"):
            examples: Examples | None = getattr(task, part)
            if examples is None:
                if need := _who_needs(part, name, recipe):
                    yield ("tasks", name), f"{need} needs `{part}`"
            elif not examples.names_language:
                problem = f"the path must hold {{language}}: {examples.path!r}"
                yield ("tasks", name, part), problem
        yield from _chain(name, recipe)
        yield from _unswitchable(name, task, recipe)
    if recipe.twins is None:
        for where, text in _strings(recipe.model_dump(mode="json"), ()):
            if TWINS_VARIABLE in text:
                yield where, f"{TWINS_VARIABLE} is used, but there is no section `twins`"


def _unknown_settings(recipe: Recipe) -> Iterator[tuple[Location, str]]:
    """Settings that are neither built in nor a variant, and variants that come to nothing."""
    known = get_args(Setting)
    asked: dict[Location, list[str]] = {("settings",): recipe.settings}
    asked |= {("tasks", task, "settings"): recipe.settings_of(task) for task in recipe.tasks}
    for where, names in asked.items():
        for number, name in enumerate(names):
            if recipe.kind_of(name) not in known:
                every = ", ".join(map(repr, (*known, *recipe.variants)))
                yield (*where, number), f"{name!r} is none of the settings {every}"
    for name in recipe.variants:
        if name in known:
            yield ("variants", name), f"{name!r} is a setting already: choose another name"
        if not any(name in names for names in asked.values()):
            yield ("variants", name), f"{name!r} is not in `settings`, so it would not be done"


def _unknown_systems(recipe: Recipe) -> Iterator[tuple[Location, str]]:
    """Systems that a task asks for and the recipe does not have."""
    for task, source in recipe.tasks.items():
        for number, name in enumerate(source.systems or []):
            if name not in recipe.systems:
                known = ", ".join(recipe.systems)
                yield ("tasks", task, "systems", number), f"{name!r} is none of the systems {known}"


def _cut_updates(recipe: Recipe) -> Iterator[tuple[Location, str]]:
    """Systems whose updates cannot be computed in micro-batches, where these are asked for."""
    if recipe.pretraining.micro_batch_size is None:
        return
    for name, system in recipe.systems.items():
        if not isinstance(system, Untrained) and system.needs_whole_updates:
            problem = f"system {name!r} compares words of the whole update: leave this key out, "
            yield ("pretraining", "micro_batch_size"), problem + "or set its `negatives: pair`"


def _who_needs(part: str, task: str, recipe: Recipe) -> str | None:
    """What cannot be done without these examples of a task, if anything."""
    if part == "test":
        return None
    if part == "translations_dev" and "oracle" in recipe.selection:
        return "selection oracle"
    asking = [name for name in recipe.settings_of(task) if name.startswith("translate-train")]
    return f"setting {asking[0]}" if asking else None


def _unfed(recipe: Recipe) -> Iterator[tuple[Location, str]]:
    """Systems that lack what they are to be fed, or are told what has no effect on them."""
    without_gold = [number for number, one in enumerate(recipe.bitext) if one.gold is None]
    for name, system in recipe.systems.items():
        if isinstance(system, Untrained):
            continue
        if not recipe.bitext:
            yield ("systems", name), f"objective {system.objective} needs `bitext`"
        feed = feed_of(system)
        of_links = [key for key in ("symmetrization", "links", "damage") if _is_given(feed, key)]
        if of_links and not system.uses_links:
            problem = f"objective {system.objective} uses no links: leave this key out"
            yield ("systems", name, of_links[0]), problem
        if feed.links == "gold" and without_gold:
            yield ("systems", name, "links"), f"bitext.{without_gold[0]} has no `gold`"
        if feed.links == "gold" and feed.symmetrization is not None:
            yield ("systems", name, "symmetrization"), "gold links: there is nothing to join"


def _is_given(feed: Feed, name: str) -> bool:
    return bool(getattr(feed, name) != Feed.model_fields[name].default)


def _joined_links(recipe: Recipe) -> Iterator[tuple[Location, str]]:
    """Systems that want links joined in another way where links are given joined."""
    given = [number for number, source in enumerate(recipe.bitext) if source.links is not None]
    if not given:
        return
    problem = f"the links of bitext.{given[0]} are given: there is nothing to join"
    for name, system in recipe.systems.items():
        if not isinstance(system, Untrained) and feed_of(system).symmetrization:
            yield ("systems", name, "symmetrization"), problem
    if recipe.lexicons.symmetrization is not None:
        yield ("lexicons", "symmetrization"), problem


def _chain(name: str, recipe: Recipe) -> Iterator[tuple[Location, str]]:
    """A task to be learned before this one that is not there, or that comes after it."""
    seen, task = [name], recipe.tasks[name]
    while task.intermediate is not None:
        if task.intermediate not in recipe.tasks:
            known = ", ".join(recipe.tasks)
            problem = f"{task.intermediate!r} is none of the tasks {known}"
            yield ("tasks", seen[-1], "intermediate"), problem
            return
        seen.append(task.intermediate)
        if seen.count(task.intermediate) > 1:
            yield ("tasks", name, "intermediate"), f"no task comes first: {' after '.join(seen)}"
            return
        task = recipe.tasks[task.intermediate]


def _unswitchable(name: str, task: TaskSource, recipe: Recipe) -> Iterator[tuple[Location, str]]:
    """A task whose words cannot be switched as a setting asks."""
    kind = TASKS[task.task]
    asked = {recipe.kind_of(setting) for setting in recipe.settings_of(name)}
    for setting, kinds in _SWITCHABLE.items():
        if setting not in asked:
            continue
        if not isinstance(kind, kinds):
            yield ("tasks", name, "task"), f"{_WHY_NOT[setting]}: {task.task!r} is not"
        languages = [
            language
            for source in recipe.bitext
            for language in (source.source_language, source.target_language)
        ]
        # A language that is not given may yet be told by the file's name.
        if (
            not recipe.lexicons.files
            and None not in languages
            and (task.source_language not in languages)
        ):
            problem = f"setting {setting} needs a lexicon, but no bitext has the language "
            yield ("tasks", name), f"{problem}{task.source_language!r}: give `lexicons.files`"


def _strings(value: Any, where: Location) -> Iterator[tuple[Location, str]]:  # noqa: ANN401
    """All strings below a section, with their place."""
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _strings(inner, (*where, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _strings(inner, (*where, index))

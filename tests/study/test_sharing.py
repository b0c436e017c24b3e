"""The same study started twice: the runs share its stages, and either ends with all of it."""

import multiprocessing
import os
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

import pytest
import torch
from filelock import FileLock

from lingweave.config import Recipe
from lingweave.evaluation import PREDICTIONS
from lingweave.study import run as running
from lingweave.study import run_study
from lingweave.study.run import share_stages
from lingweave.study.stage import Store
from small_stages import stage
from study.twin_study import recipe_dict

PATIENCE = 60  # seconds; only a broken program needs them


class Told:
    """Notes what a run was told of its stages."""

    def __init__(self):
        self.stages = []

    def stage(self, label, number, num_stages, finished):
        self.stages.append((label, number, num_stages, finished))

    def update(self, report):
        """Nothing to note."""


def chain():
    """Two pairs of stages, in each of which the second builds on the first."""
    first, second = stage(label="first"), stage(label="second", settings={"a": 2})
    after_first = stage(label="after-first", settings={"a": 3}, inputs={"made": first})
    after_second = stage(label="after-second", settings={"a": 4}, inputs={"made": second})
    return [first, after_first, second, after_second]


def held(store, made):
    """What another run that is at work on the stage holds."""
    locks = store.folder(made).parent / ".locks"
    locks.mkdir(parents=True, exist_ok=True)
    return FileLock(locks / made.digest)


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch):
    monkeypatch.setattr(running, "_SECONDS_BETWEEN_LOOKS", 0.01)


def test_alone_a_run_does_all_stages_once_in_their_order(tmp_path):
    stages, told = chain(), Told()
    share_stages(stages, Store(tmp_path), told)
    names = ["first", "after-first", "second", "after-second"]
    assert told.stages == [(name, place, 4, False) for place, name in enumerate(names, start=1)]
    assert [made.work.times for made in stages] == [1, 1, 1, 1]
    again = Told()
    share_stages(stages, Store(tmp_path), again)
    assert again.stages == [(name, place, 4, True) for place, name in enumerate(names, start=1)]
    assert [made.work.times for made in stages] == [1, 1, 1, 1]


def test_a_stage_of_another_run_and_what_builds_on_it_are_left_until_it_is_done(tmp_path, caplog):
    stages, store, told = chain(), Store(tmp_path), Told()
    with held(store, stages[0]):
        own = threading.Thread(target=share_stages, args=(stages, store, told))
        own.start()
        deadline = time.monotonic() + PATIENCE
        while not caplog.records and time.monotonic() < deadline:
            time.sleep(0.01)
        assert told.stages == [("second", 3, 4, False), ("after-second", 4, 4, False)]
        # The other run ends its stage as any does: the folder gets its name while it has the lock.
        other = tmp_path / "other"
        Store(other).run(stages[0])
        store.folder(stages[0]).parent.mkdir(exist_ok=True)
        Store(other).folder(stages[0]).rename(store.folder(stages[0]))
        own.join(PATIENCE)
    assert not own.is_alive()
    assert told.stages[2:] == [("first", 1, 4, True), ("after-first", 2, 4, False)]
    assert [made.work.times for made in stages] == [1, 1, 1, 1]
    assert [record.getMessage() for record in caplog.records] == [
        "another run is at work on all that can be done now; waiting for it"
    ]


def test_the_stage_of_a_run_that_is_stopped_is_taken_over(tmp_path, caplog):
    stages, store, told = chain(), Store(tmp_path), Told()
    lock = held(store, stages[0])
    lock.acquire()
    own = threading.Thread(target=share_stages, args=(stages, store, told))
    own.start()
    deadline = time.monotonic() + PATIENCE
    while not caplog.records and time.monotonic() < deadline:
        time.sleep(0.01)
    lock.release()
    own.join(PATIENCE)
    assert told.stages[2:] == [("first", 1, 4, False), ("after-first", 2, 4, False)]


class Meeting:
    """Two stages that each end only when the other one has begun, in another process."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name

    def __call__(self, place):
        (self.folder / f"{self.name}-{os.getpid()}").touch()
        deadline = time.monotonic() + PATIENCE
        while len(list(self.folder.iterdir())) < 2:
            assert time.monotonic() < deadline, "they are not at work at the same time"
            time.sleep(0.01)


def _share_two(folder):
    stages = [
        stage(Meeting(folder / "met", name), label=name, settings={"name": name}) for name in "ab"
    ]
    share_stages(stages, Store(folder / "stages"), Told())


def test_two_runs_are_at_work_at_the_same_time(tmp_path):
    (tmp_path / "met").mkdir()
    both = [multiprocessing.Process(target=_share_two, args=(tmp_path,)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(2 * PATIENCE)
    assert [process.exitcode for process in both] == [0, 0]
    met = [path.name.split("-") for path in (tmp_path / "met").iterdir()]
    assert sorted(name for name, _ in met) == ["a", "b"]
    assert len({pid for _, pid in met}) == 2


def _study(folder):
    torch.set_num_threads(1)
    told = Told()
    recipe = Recipe.model_validate(recipe_dict(settings=["zero-shot"]))
    results = run_study(recipe, folder, observer=told)
    own = [label for label, _, _, finished in told.stages if not finished]
    return results.scores, results.claims, (folder / PREDICTIONS).read_bytes(), own


@pytest.mark.slow
def test_a_study_that_is_started_twice_gives_what_one_run_gives(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        both = [pool.submit(_study, tmp_path / "both") for _ in range(2)]
        first, second = (run.result(timeout=10 * PATIENCE) for run in both)
        alone = pool.submit(_study, tmp_path / "alone").result(timeout=10 * PATIENCE)
    assert first[:3] == second[:3] == alone[:3]
    assert Counter(first[3] + second[3]) == Counter(alone[3])

"""When checkpoints are written: on time, unless that would cost more than a twentieth of it."""

import pytest

from lingweave.training import cadence
from lingweave.training.cadence import Cadence


class Clock:
    def __init__(self):
        self.seconds = 0.0

    def monotonic(self):
        return self.seconds


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(cadence, "time", made)
    return made


def due_at(clock, *, every, update_seconds, checkpoint_seconds, num_updates=100):
    """The updates after which a checkpoint is written."""
    times, due = Cadence(every), []
    for update in range(1, num_updates + 1):
        clock.seconds += update_seconds
        if times.is_due(update):
            due.append(update)
            with times.timed():
                clock.seconds += checkpoint_seconds
    return due


def test_cheap_checkpoints_come_every_so_many_updates(clock):
    assert due_at(clock, every=30, update_seconds=0.001, checkpoint_seconds=0.9) == [30, 60, 90]


def test_costly_ones_do_too_where_updates_take_long(clock):
    """20 s are a twentieth of the 400 s that 10 updates take."""
    assert due_at(clock, every=10, update_seconds=40, checkpoint_seconds=20)[:3] == [10, 20, 30]


def test_costly_ones_are_left_out_where_updates_are_fast(clock):
    """4 s are a twentieth of 80 s, 40 updates of 2 s; before the first the cost is not known."""
    due = due_at(clock, every=10, update_seconds=2, checkpoint_seconds=4)
    assert due == [10, 50, 90]

"""One step by itself, started twice: the second start is refused and leaves the first alone."""

import pytest
from filelock import FileLock

from lingweave.errors import TextFileError
from lingweave.study.single import _run
from lingweave.study.stage import Store, unfinished_folder
from small_stages import Work, stage


class Silent:
    """Is told of stages and updates, and says nothing."""

    def stage(self, label, number, num_stages, finished):
        """Nothing to say."""

    def update(self, report):
        """Nothing to say."""


def chain(work):
    first = stage(label="first")
    return [first, stage(work, label="last", settings={"a": 2}, inputs={"made": first})]


def test_a_second_start_is_refused_and_what_the_first_has_done_stays(tmp_path):
    out = tmp_path / "out"
    store = Store(unfinished_folder(out))
    stages = chain(Work("first run"))
    store.run(stages[0])
    with FileLock(unfinished_folder(out) / ".locks" / stages[1].digest):
        with pytest.raises(TextFileError, match="another process is at work here"):
            _run(chain(Work("second run")), out, Silent())
        assert store.is_finished(stages[0])
    assert not out.exists()
    _run(stages, out, Silent())
    assert (out / "result.txt").read_text() == "first run"
    assert not unfinished_folder(out).exists()


def test_what_fails_with_nothing_to_go_on_from_leaves_nothing(tmp_path):
    def fail(place):
        raise TextFileError("it is wrong", remedy="mend it")

    with pytest.raises(TextFileError, match="it is wrong"):
        _run(chain(fail), tmp_path / "out", Silent())
    assert list(tmp_path.iterdir()) == []

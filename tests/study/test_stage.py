"""Stages: their names, what is kept, what is never kept, and who may work."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from lingweave.errors import TextFileError
from lingweave.study.stage import DONE, Checkpoint, StageBusyError, Store
from small_stages import Work, stage


def tree(folder):
    """All files below a folder but the locks, with their content."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.parent.name != ".locks"
    }


def folders(root):
    """What stands in a folder of stages, but for the locks."""
    return {path.name for path in root.iterdir() if path.name != ".locks"}


def lock_of(store, made):
    path = store.folder(made).parent / ".locks" / made.digest
    path.parent.mkdir(exist_ok=True)
    return path


# Names.


def test_the_digest_depends_on_kind_version_settings_and_inputs():
    before, other = stage(kind="before"), stage(kind="before", version=2)
    variants = [
        stage(),
        stage(kind="pretrain"),
        stage(version=2),
        stage(settings={"a": 2}),
        stage(settings={"a": 1, "b": None}),
        stage(inputs={"encoder": before}),
        stage(inputs={"encoder": other}),
        stage(inputs={"bitext": before}),
        stage(inputs={"encoder": before, "bitext": other}),
        stage(inputs={"encoder": other, "bitext": before}),
    ]
    assert len({variant.digest for variant in variants}) == len(variants)


def test_the_digest_does_not_depend_on_who_works_or_on_the_order_of_settings():
    first = stage(settings={"a": 1, "b": {"c": 2, "d": 3}})
    second = stage(Work("other"), settings={"b": {"d": 3, "c": 2}, "a": 1})
    assert first.digest == second.digest


def test_the_digest_depends_on_what_files_hold_and_not_on_where_they_are(tmp_path):
    paths = [tmp_path / "a.txt", tmp_path / "folder" / "b.txt", tmp_path / "c.txt"]
    paths[1].parent.mkdir()
    for path, text in zip(paths, ["same", "same", "other"], strict=True):
        path.write_text(text)
    same, moved, other = (stage(files={"gold": path}).digest for path in paths)
    assert same == moved
    assert len({same, other, stage(files={"links": paths[0]}).digest, stage().digest}) == 4
    paths[0].write_text("samf")
    assert stage(files={"gold": paths[0]}).digest != same


def test_a_change_far_up_changes_the_digests_of_all_that_follows():
    def chain(version):
        first = stage(version=version)
        second = stage(kind="second", inputs={"first": first})
        return stage(kind="third", inputs={"second": second}).digest

    assert chain(1) == chain(1)
    assert chain(1) != chain(2)


def test_a_checkpoint_is_known_by_what_its_files_hold(tmp_path):
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
        (folder / "config.json").write_text("{}")
        (folder / "model.safetensors").write_bytes(b"weights")
    one, two = (Checkpoint(folder).digest for folder in folders)
    assert one == two
    (folders[1] / "model.safetensors").write_bytes(b"weighty")
    assert Checkpoint(folders[1]).digest != one
    (folders[1] / "model.safetensors").rename(folders[1] / "config2.json")
    (folders[1] / "config2.json").write_bytes(b"weights")
    assert Checkpoint(folders[1]).digest != one  # the same content under another name


def test_a_checkpoint_on_the_hub_is_known_by_its_name():
    first = Checkpoint(Path("owner/model")).digest
    assert first == Checkpoint(Path("owner/model")).digest
    assert first != Checkpoint(Path("owner/other")).digest


def test_a_folder_is_named_by_label_and_digest(tmp_path):
    made = stage()
    assert Store(tmp_path).folder(made) == tmp_path / f"align-en-de-{made.digest[:12]}"
    assert Store(tmp_path).folder(Checkpoint(tmp_path / "x")) == tmp_path / "x"


# Running.


def test_a_finished_stage_is_whole_and_says_how_it_was_made(tmp_path):
    store = Store(tmp_path / "made" / "here")
    before = stage(kind="before", label="before")
    work = Work()
    made = stage(work, inputs={"encoder": before, "model": Checkpoint(tmp_path / "model")})
    assert not store.is_finished(made)
    store.run(before)
    folder = store.run(made)
    assert folder == store.folder(made)
    assert store.is_finished(made)
    assert (folder / "result.txt").read_text() == "result"
    record = store.record(made)
    assert record == json.loads((folder / DONE).read_text("utf-8"))
    assert (record["kind"], record["label"], record["version"]) == ("align", "align-en-de", 1)
    assert record["settings"] == {"a": 1}
    assert record["inputs"] == {"encoder": store.folder(before).name, "model": "model"}
    assert record["seconds"] >= 0
    assert "torch" in record["machine"]
    assert work.seen.inputs == {"encoder": store.folder(before), "model": tmp_path / "model"}
    assert folders(folder.parent) == {folder.name, store.folder(before).name}


def test_a_finished_stage_is_not_run_again(tmp_path):
    store, work = Store(tmp_path), Work()
    store.run(stage(work))
    before = tree(tmp_path)
    store.run(stage(work))
    Store(tmp_path).run(stage(work, label="align-en-de"))
    assert work.times == 1
    assert tree(tmp_path) == before


def test_a_stage_with_other_settings_is_run_beside_it(tmp_path):
    store, work = Store(tmp_path), Work()
    assert store.run(stage(work)) != store.run(stage(work, settings={"a": 2}))
    assert work.times == 2


def test_a_folder_without_a_record_does_not_count_and_is_replaced(tmp_path):
    store, work = Store(tmp_path), Work()
    folder = store.folder(stage())
    folder.mkdir()
    (folder / "rubbish").write_text("from nowhere")
    assert not store.is_finished(stage())
    store.run(stage(work))
    assert work.times == 1
    assert sorted(path.name for path in folder.iterdir()) == ["result.txt", DONE]


@pytest.mark.parametrize("failure", [RuntimeError("no"), KeyboardInterrupt(), SystemExit(1)])
def test_a_stage_that_fails_leaves_no_result_but_its_checkpoints(tmp_path, failure):
    store, seen = Store(tmp_path), []

    def work(place):
        seen.append(tree(place.resume.parent))
        (place.out / "half.txt").write_text("half")
        place.resume.mkdir(exist_ok=True)
        (place.resume / f"checkpoint-{len(seen)}").write_text("state")
        if len(seen) < 3:
            raise failure
        (place.out / "whole.txt").write_text("whole")

    made = stage(work)
    for _ in range(2):
        with pytest.raises(type(failure)):
            store.run(made)
        assert not store.is_finished(made)
        assert not store.folder(made).exists()
    store.run(made)
    # Each run found the checkpoints of those before, and nothing of their half-written results.
    assert [sorted(files) for files in seen] == [
        [],
        ["resume/checkpoint-1"],
        ["resume/checkpoint-1", "resume/checkpoint-2"],
    ]
    folder = store.folder(made)
    assert sorted(tree(folder)) == ["half.txt", DONE, "whole.txt"]
    assert folders(tmp_path) == {folder.name}


def test_half_written_results_of_a_run_that_failed_are_thrown_away(tmp_path):
    store = Store(tmp_path)

    def fail(place):
        (place.out / "from the first run").write_text("half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.run(stage(fail))
    folder = store.run(stage(Work()))
    assert sorted(path.name for path in folder.iterdir()) == ["result.txt", DONE]


def test_what_is_left_of_a_process_killed_at_the_end_is_cleared_away(tmp_path):
    """Killed after the folder got its name, before the checkpoints beside it were removed."""
    store = Store(tmp_path)
    folder = store.run(stage())
    left = folder.with_name(folder.name + ".unfinished") / "resume"
    left.mkdir(parents=True)
    (left / "checkpoint").write_bytes(b"large")
    store.run(stage())
    assert not left.exists()


# Others at work.


def test_a_second_process_is_refused_the_same_stage_and_may_do_another(tmp_path):
    store, work = Store(tmp_path), Work()
    with FileLock(lock_of(store, stage())):
        with pytest.raises(TextFileError) as caught:
            store.run(stage(work))
        assert str(caught.value) == (
            f"{store.folder(stage())}: another process is at work here; wait for it or stop it"
        )
        assert work.times == 0
        store.run(stage(work, version=2))
    assert work.times == 1
    store.run(stage(work))
    assert work.times == 2


def test_the_lock_is_held_while_a_stage_works_and_another_process_sees_it(tmp_path):
    program = (
        "import sys\nfrom filelock import FileLock, Timeout\n"
        "try:\n    FileLock(sys.argv[1], timeout=0).acquire()\n"
        "except Timeout:\n    sys.exit(7)\n"
    )
    store, codes = Store(tmp_path), []

    def try_lock(place=None):
        command = [sys.executable, "-c", program, str(lock_of(store, made))]
        codes.append(subprocess.run(command, check=False).returncode)

    made = stage(try_lock)
    store.run(made)
    try_lock()
    assert codes == [7, 0]


def test_what_is_finished_can_be_had_while_another_process_works(tmp_path):
    store, work = Store(tmp_path), Work()
    store.run(stage(work))
    with FileLock(lock_of(store, stage())):
        assert store.run(stage(work)) == store.folder(stage())


def test_a_stage_that_another_process_finished_before_the_lock_was_had_is_not_run_again(tmp_path):
    """Both saw it unfinished; the other one was done just before this one could take the lock."""
    work = Work()

    class Late(Store):
        def is_finished(self, made):
            finished = super().is_finished(made)
            if not finished and work.times == 0:
                Store(tmp_path).run(stage(work))
            return finished

    Late(tmp_path).run(stage(work))
    assert work.times == 1


def test_a_stage_is_locked_under_whatever_name_another_run_has_it(tmp_path):
    store, work = Store(tmp_path), Work()
    with FileLock(lock_of(store, stage())), pytest.raises(StageBusyError):
        store.run(stage(work, label="the same"))
    assert work.times == 0


def test_what_another_run_finished_meanwhile_is_not_replaced(tmp_path):
    """On a file system that shows it late, both did the work; somebody may be reading the first."""
    store = Store(tmp_path)

    def finish_elsewhere(place):
        (place.out / "result.txt").write_text("late")
        final = store.folder(made)
        final.mkdir()
        (final / "result.txt").write_text("early")
        (final / DONE).write_text("{}")

    made = stage(finish_elsewhere)
    assert (store.run(made) / "result.txt").read_text() == "early"
    assert folders(tmp_path) == {store.folder(made).name}

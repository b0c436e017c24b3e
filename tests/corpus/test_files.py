"""Text files: exact lines in, whole files out."""

import errno
import os
import resource
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingweave.corpus import files
from lingweave.corpus.files import atomic_write, count_lines, read_lines, require_distinct
from lingweave.errors import TextFileError


def error_of(path):
    with pytest.raises(TextFileError) as caught:
        list(read_lines(path))
    return str(caught.value)


def test_only_a_line_feed_ends_a_line(tmp_path):
    path = tmp_path / "text"
    path.write_bytes("a\u2028b\x0cc\x85d\re\r\nf\n\ng".encode())
    assert list(read_lines(path)) == ["a\u2028b\x0cc\x85d\re", "f", "", "g"]
    assert count_lines(path) == 4


def test_a_byte_order_mark_is_no_text_but_a_later_one_stays(tmp_path):
    path = tmp_path / "text"
    path.write_bytes(b"\xef\xbb\xbfone\n\xef\xbb\xbftwo\n")
    assert list(read_lines(path)) == ["one", "\ufefftwo"]


def test_an_empty_file_has_no_lines(tmp_path):
    path = tmp_path / "text"
    path.touch()
    assert list(read_lines(path)) == []
    assert count_lines(path) == 0


@given(
    st.lists(st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]))),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_was_written_is_read(lines, line_end):
    if lines:
        lines[0] = lines[0].removeprefix("\ufeff")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "text"
        path.write_bytes("".join(line + line_end for line in lines).encode())
        assert list(read_lines(path)) == lines
        assert count_lines(path) == len(lines)


def test_a_line_that_is_not_utf8_is_named(tmp_path):
    path = tmp_path / "latin1.txt"
    path.write_bytes(b"good\ncaf\xe9 noir\n")
    assert error_of(path) == (
        f"{path}:2: the line is not UTF-8 (byte 0xe9 at position 4); "
        "convert the file to UTF-8, for example with iconv"
    )


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    path = tmp_path / "none"
    assert error_of(path) == f"{path}: no such file; check the path"
    assert error_of(tmp_path) == f"{tmp_path}: this is a folder, not a text file; name a file"
    with pytest.raises(TextFileError, match="no such file"):
        count_lines(path)


def test_a_written_file_appears_at_the_end_only(tmp_path):
    path = tmp_path / "new" / "out.txt"
    with atomic_write(path) as file:
        file.write("ä\n")
        assert not path.exists()
    assert path.read_bytes() == "ä\n".encode()
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("interruption", [RuntimeError, KeyboardInterrupt])
def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, interruption):
    path = tmp_path / "out.txt"
    path.write_text("old")

    def fail():
        with atomic_write(path) as file:
            file.write("half")
            raise interruption

    with pytest.raises(interruption):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_said_in_plain_words(tmp_path, monkeypatch):
    def full(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    path = tmp_path / "out.txt"
    with pytest.raises(TextFileError) as caught, atomic_write(path) as file:
        file.write("x")
    assert str(caught.value) == (
        f"{path}: no space left on the disk; free some space or write somewhere else"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_disk_that_fills_up_while_writing_is_said_in_plain_words(tmp_path, monkeypatch):
    open_ = Path.open
    monkeypatch.setattr(Path, "open", lambda _self, *_a, **kw: open_(Path("/dev/full"), "w", **kw))
    with pytest.raises(TextFileError, match="no space left"), atomic_write(tmp_path / "o") as file:
        file.write("x" * 100_000)


def test_an_error_of_the_block_is_not_taken_for_the_files_own(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_write(tmp_path / "out"):
        (tmp_path / "none").read_text()


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    place = tmp_path / "file" / "out"
    with pytest.raises(TextFileError, match="cannot write the file") as caught, atomic_write(place):
        pass
    assert str(place) in str(caught.value)
    with pytest.raises(TextFileError), atomic_write(tmp_path):  # a folder
        pass
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_file_that_may_not_grow_so_far_is_said_in_plain_words(tmp_path):
    """As `ulimit -f` limits them."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with (
            pytest.raises(TextFileError, match="no space left"),
            atomic_write(tmp_path / "f") as file,
        ):
            file.write("x" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []


def test_outputs_may_be_no_input_and_no_two_the_same(tmp_path):
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_text("precious")
    link.symlink_to("file")
    null = Path(os.devnull)
    require_distinct([tmp_path / "new", null, null], [file, file, null])
    for same in (file, link, tmp_path / "folder" / ".." / "file"):
        with pytest.raises(TextFileError, match="this is an input, too; give"):
            require_distinct([tmp_path / "new", same], [file])
        with pytest.raises(TextFileError, match="two outputs would be this file; give"):
            require_distinct([file, same], [tmp_path / "other"])


def test_a_device_or_pipe_is_written_to_and_stays(tmp_path):
    """A program of root's that put a file in the place of /dev/null would break the machine."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with atomic_write(pipe) as file:
        file.write("text")
    assert os.read(reader, 10) == b"text"
    os.close(reader)
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


def test_the_file_that_a_link_leads_to_is_written(tmp_path):
    file, link = tmp_path / "far" / "file", tmp_path / "link"
    file.parent.mkdir()
    link.symlink_to("far/file")
    for text in ("new", "old"):  # the link may lead to a file that is not there yet
        with atomic_write(link) as written:
            written.write(text)
        assert link.is_symlink()
        assert file.read_text("utf-8") == text


def test_a_written_file_has_the_usual_permissions(tmp_path):
    if sys.platform == "win32":
        pytest.skip("POSIX permissions")
    with atomic_write(tmp_path / "ours") as file:
        file.write("x")
    (tmp_path / "usual").write_text("x")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "usual").stat().st_mode

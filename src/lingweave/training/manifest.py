"""Folders that are either whole or not there, and that tell when they were damaged later.

A folder is written aside as `partial`, with a manifest that has size and SHA-256 of every file;
files and folder are flushed to the disk, and only then does the folder get its name. So neither a
kill nor a power cut leaves a half one under that name. What a bad disk, a copy that broke off or a
careless hand does to it later is found by its manifest.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, ConfigDict
from safetensors import SafetensorError

from lingweave.errors import TrainingError, first_line

MANIFEST, PARTIAL = "manifest.json", "partial"


class _File(BaseModel):
    """What a file was when it was written."""

    model_config = ConfigDict(extra="forbid")

    bytes: int
    sha256: str


class _Manifest(BaseModel):
    """All files of a folder but the manifest itself, by name."""

    model_config = ConfigDict(extra="forbid")

    files: dict[str, _File]


@contextmanager
def new_folder(final: Path, what: str) -> Iterator[Path]:
    """Make a folder that is whole or not there; one that has its name already is replaced.

    Whatever a full disk makes Python, torch or safetensors raise becomes one clear line.

    Args:
        final: its name.
        what: is written, for the error.

    Yields:
        An empty folder to write files into.

    Raises:
        TrainingError: something could not be written; what was half-written is removed.
    """
    partial = final.with_name(PARTIAL)
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        yield partial
        files = {path.name: _described(path) for path in sorted(partial.iterdir())}
        manifest = _Manifest(files=files).model_dump_json(indent=1)
        (partial / MANIFEST).write_text(manifest, encoding="utf-8")
        for path in (*partial.iterdir(), partial):
            _flush_to_disk(path)
        shutil.rmtree(final, ignore_errors=True)
        partial.rename(final)
        _flush_to_disk(final.parent)  # the name survives a power cut, too
    except (OSError, RuntimeError, SafetensorError) as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise TrainingError(
            f"{what} cannot be written ({first_line(error)})",
            remedy="free disk space and run the same command again: it resumes",
            path=final.parent,
        ) from error


def damage(folder: Path) -> str | None:
    """What is wrong with a folder that `new_folder` made; None where it is as it was written."""
    try:
        manifest = _Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return f"{MANIFEST} cannot be read"
    for name, written in manifest.files.items():
        try:
            found = _described(folder / name)
        except FileNotFoundError:
            return f"{name} is missing"
        except OSError as error:
            return f"{name} cannot be read: {error.strerror}"
        if found.bytes != written.bytes:
            return f"{name} has {found.bytes} bytes, not {written.bytes}"
        if found.sha256 != written.sha256:
            return f"{name} is not what was written"
    return None


def _described(path: Path) -> _File:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return _File(bytes=path.stat().st_size, sha256=digest)


def _flush_to_disk(path: Path) -> None:
    """Make sure that a written file, or a folder's list of files, survives a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

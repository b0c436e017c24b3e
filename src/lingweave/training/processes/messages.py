"""What the processes of one run tell one another, on Accelerate.

It goes through gloo, gradients through what suits the device (NCCL on
GPUs). So a process that waits, for hours where the main one aligns a large bitext, sleeps.
"""

import atexit
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from typing import TypeVar, cast

import torch
from accelerate import PartialState
from torch import Tensor, distributed, nn

from lingweave.errors import TrainingError
from lingweave.training.processes.identity import count, is_main

T = TypeVar("T")

PATIENCE = timedelta(days=7)
"""So long a process waits for another one, which may be aligning words. One that has died is not
waited for: its connections are closed."""

BUCKET = 2**23
"""Gradients are sent so many numbers at once, 32 MiB: few enough to need little memory beside them,
enough that a message's own time does not count."""


def total(numbers: Sequence[float]) -> list[float]:
    """The sum over all processes of each number."""
    if count() == 1:
        return list(numbers)
    summed = torch.tensor(numbers, dtype=torch.float64)
    with _loss_of_a_process_is_said():
        distributed.all_reduce(summed, group=_group())
    sums: list[float] = summed.tolist()
    return sums


def gather(value: T) -> list[T]:
    """What each process has, in their order."""
    if count() == 1:
        return [value]
    gathered: list[T] = [value] * count()
    with _loss_of_a_process_is_said():
        distributed.all_gather_object(gathered, value, group=_group())
    return gathered


def from_main(value: T) -> T:
    """What the main process has."""
    if count() == 1:
        return value
    sent = [value]
    with _loss_of_a_process_is_said():
        distributed.broadcast_object_list(sent, src=0, group=_group())
    return sent[0]


def made_by_main(make: Callable[[], T]) -> T:
    """What the main process makes; the others wait for it."""
    return cast(T, from_main(make() if is_main() else None))


def barrier() -> None:
    """Wait until all processes are here."""
    total([0.0])


def sum_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Put the sum over all processes in place of each gradient.

    A parameter that has a gradient in some of them has one in all afterwards; one that has none
    stays without, and the optimizer leaves it alone, as it does in one process.

    Args:
        parameters: the same in each process, in the same order.
    """
    if count() == 1:
        return
    trained = list(parameters)
    used = total([float(parameter.grad is not None) for parameter in trained])
    gradients = []
    for parameter, num_processes in zip(trained, used, strict=True):
        if num_processes:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
            gradients.append(parameter.grad)
    with torch.no_grad(), _loss_of_a_process_is_said():
        for bucket in _buckets(gradients):
            flat = torch.cat([gradient.flatten() for gradient in bucket])
            distributed.all_reduce(flat)
            sums = torch.split(flat, [gradient.numel() for gradient in bucket])
            for gradient, summed in zip(bucket, sums, strict=True):
                gradient.copy_(summed.view_as(gradient))


def shards_layers() -> bool:
    """Whether they were launched with `--use_fsdp`, and there are several; see `sharding`."""
    return _is_launched_for_shards() and count() > 1


def loss_of_a_process() -> TrainingError:
    """What is to be said when another process is gone; there is then time to say it."""
    if threading.current_thread() is threading.main_thread():
        # The launcher ends those that are left: not before they have said why.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return TrainingError(
        "another process of this run has ended or cannot be reached",
        remedy="see what it said, and run the same command again: it resumes",
    )


@cache
def _group() -> distributed.ProcessGroup:
    """Join the other processes, and make the group that they talk in.

    Raises:
        TrainingError: a way of launching is asked for that is not supported.
    """
    if os.environ.get("ACCELERATE_USE_DEEPSPEED", "false").lower() == "true":
        raise TrainingError(
            "the processes were launched for DeepSpeed, which lingweave does not do",
            remedy="launch them without; where memory is short, set micro_batch_size, "
            "or launch them with --use_fsdp",
        )
    _is_launched_for_shards()
    PartialState(cpu=not torch.cuda.is_available())
    atexit.register(distributed.destroy_process_group)
    group: distributed.ProcessGroup = distributed.new_group(backend="gloo", timeout=PATIENCE)
    return group


@cache
def _is_launched_for_shards() -> bool:
    # Taken out: Accelerate would prepare for its own way, and transformers load weights in the main
    # process only.
    return os.environ.pop("ACCELERATE_USE_FSDP", "false").lower() == "true"


def _buckets(gradients: Sequence[Tensor]) -> Iterator[list[Tensor]]:
    bucket: list[Tensor] = []
    for gradient in gradients:
        if bucket and sum(one.numel() for one in bucket) + gradient.numel() > BUCKET:
            yield bucket
            bucket = []
        bucket.append(gradient)
    if bucket:
        yield bucket


@contextmanager
def _loss_of_a_process_is_said() -> Iterator[None]:
    """Turn what torch says when another process is gone into one clear line.

    Raises:
        TrainingError: the others cannot be reached.
    """
    try:
        yield
    except RuntimeError as error:
        raise loss_of_a_process() from error

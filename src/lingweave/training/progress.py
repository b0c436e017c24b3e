"""How far a training run has come."""

from dataclasses import dataclass, field


@dataclass
class Progress:
    """How far a run has come.

    Attributes:
        update: updates done.
        tokens: positions trained on, padding not counted.
        seconds: time spent in the loop, over all sittings.
        losses: (update, loss) now and then, for the record.
        scores: of each finished epoch, where a `select` function scores epochs.
        micro_batch_size: examples at once, in each process, that the memory had room for where it
            was too small; None while it never was. With another number dropout is another one.
        kept_epochs: 1-based epochs whose weights are kept and needed: the best one so far (the
            first of equals), or all.
    """

    update: int = 0
    tokens: int = 0
    seconds: float = 0.0
    losses: list[tuple[int, float]] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    micro_batch_size: int | None = None
    kept_epochs: list[int] = field(default_factory=list)

from .identity import alone, count, is_first_to_fail, is_main, rank, share
from .messages import (
    barrier,
    from_main,
    gather,
    loss_of_a_process,
    made_by_main,
    shards_layers,
    sum_gradients,
    total,
)

__all__ = [
    "alone",
    "barrier",
    "count",
    "from_main",
    "gather",
    "is_first_to_fail",
    "is_main",
    "loss_of_a_process",
    "made_by_main",
    "rank",
    "share",
    "shards_layers",
    "sum_gradients",
    "total",
]

"""Flat arrays as Arrow columns of lists, and back, without a Python object for each list."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

PAIRS_OF_NUMBERS = pa.list_(pa.list_(pa.int32(), 2))
"""A list of pairs of numbers in each row: spans of characters, links of words."""
NUMBERS = pa.list_(pa.int32())
"""A list of numbers in each row."""

Numbers = npt.NDArray[np.int32]
Starts = npt.NDArray[np.int64]


def list_column(values: Numbers, starts: Starts) -> pa.ListArray:
    """A column with a list of numbers, or of pairs of numbers, in each row.

    Args:
        values: of all rows, end to end, (values,) or (values, 2).
        starts: where each row begins in `values` and, last, where the last one ends. They need not
            begin at 0.
    """
    values = values[starts[0] : starts[-1]]
    flat = pa.array(np.ascontiguousarray(values).reshape(-1))
    items = flat if values.ndim == 1 else pa.FixedSizeListArray.from_arrays(flat, values.shape[1])
    return pa.ListArray.from_arrays(pa.array((starts - starts[0]).astype(np.int32)), items)


def list_values(column: pa.ListArray) -> tuple[Numbers, Starts]:
    """Undo `list_column`: the values, not copied, and where each row begins in them."""
    starts = column.offsets.to_numpy().astype(np.int64)
    values = column.values
    if not pa.types.is_fixed_size_list(values.type):
        return values.to_numpy(), starts
    # Not `values.flatten()`: of a slice that is the slice only.
    pairs = values.values.to_numpy().reshape(-1, values.type.list_size)
    return pairs[values.offset : values.offset + len(values)], starts

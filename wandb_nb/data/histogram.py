"""`Histogram`: counts over a range, stored in the row itself."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, Any

from wandb_nb.data.media_value import WBValue, unsuitable
from wandb_nb.errors import MediaError
from wandb_nb.store.format.array_value import finite_numbers, plain_array

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wandb_nb.data.artifact_contents import ArtifactContents
    from wandb_nb.data.media_store import MediaTarget

MAX_BINS = 512
MAX_TEXT = 60
"""Characters of a value in a message."""
DEFAULT_BINS = 64


class Histogram(WBValue):
    """The distribution of numbers: of a *sequence*, array or tensor, or *np_histogram*, its counts and edges.

    `histogram` has the counts, `bins` the edges, one more. NaN and infinities are left out.

    Raises:
        MediaError: There are more than 512 bins, not one more edge than counts, or nothing to count.

    """

    MAX_LENGTH = MAX_BINS
    log_type = "histogram"

    def __init__(
        self,
        sequence: Any = None,
        np_histogram: tuple[Sequence[float], Sequence[float]] | None = None,
        num_bins: int = DEFAULT_BINS,
    ) -> None:
        self.histogram: Sequence[float]
        if np_histogram is not None:
            self.histogram, self.bins = _counts_and_edges(np_histogram)
        else:
            self.histogram, self.bins = _counted(sequence, num_bins)
        if len(self.histogram) > MAX_BINS:
            raise MediaError(f"a histogram has at most {MAX_BINS} bins, got {len(self.histogram)}: give num_bins=512")
        if len(self.bins) != len(self.histogram) + 1:
            raise MediaError(
                f"a histogram of {len(self.histogram)} counts needs one more edge, got {len(self.bins)}: "
                "give what numpy.histogram() returns"
            )

    def to_row(self, _target: MediaTarget | None = None) -> dict[str, Any]:
        """Return counts and edges as JSON."""
        return {"_type": self.log_type, "values": self.histogram, "bins": self.bins}

    def to_cell(self, _contents: ArtifactContents, _clean: Callable[[Any, str], Any]) -> Any:
        """Return the histogram as a cell of a table."""
        return self.to_row()


def _counts_and_edges(np_histogram: Any) -> tuple[list[float], list[float]]:
    """Return the counts and edges that were given."""
    try:
        counts, edges = (plain_array(each) for each in np_histogram[:2])
    except (TypeError, ValueError) as error:
        raise unsuitable("a histogram", repr(np_histogram)[:MAX_TEXT], "what numpy.histogram() returns") from error
    return counts.ravel().tolist(), edges.ravel().tolist()


def _is_bin_count(number: Any) -> bool:
    """Return whether *number* is a possible number of bins; a float without a fraction is one, too."""
    return isinstance(number, Real) and number in range(1, MAX_BINS + 1)


def _counted(sequence: Any, num_bins: int) -> tuple[list[int], list[float]]:
    """Return counts and edges of the finite numbers in *sequence*."""
    import numpy as np  # histograms are not on the way of plain rows

    if sequence is None:
        raise MediaError("Histogram() has nothing to count: give a sequence, or np_histogram=numpy.histogram(values)")
    if not _is_bin_count(num_bins):
        raise MediaError(f"Histogram(num_bins={num_bins!r}) is not possible: give 1 to {MAX_BINS}")
    try:
        numbers = finite_numbers(plain_array(sequence))
    except ValueError:  # rows of different lengths
        numbers = None
    if numbers is None:
        raise unsuitable("a histogram", type(sequence).__name__, "numbers: a sequence, an array or a tensor")
    try:
        counts, edges = np.histogram(numbers, bins=int(num_bins))
    except ValueError:  # the range is so narrow that its edges cannot be told apart
        centre = float(numbers.mean())
        margin = max(abs(centre), 1.0) / 2
        counts, edges = np.histogram(numbers, bins=int(num_bins), range=(centre - margin, centre + margin))
    return counts.tolist(), edges.tolist()

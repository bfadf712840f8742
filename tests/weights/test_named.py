"""Arrays with named axes."""

import numpy as np
import pytest

from rasplab import InputError
from rasplab.weights.named import Named

PATTERN = Named(
    np.arange(12.0).reshape(2, 2, 3),
    ("head", "query", "key"),
    {"head": (0, 1), "query": ("bos", 0), "key": ("bos", 0, 1)},
    {"query": ("bos", "0:a"), "key": ("bos", "0:a", "1:b")},
)


def test_one_label_removes_its_axis() -> None:
    one = PATTERN.sel(head=1, query=0)
    assert one.axes == ("key",)
    assert one.array.tolist() == [9, 10, 11]
    assert one.sel(key="bos").item() == 9


def test_a_list_keeps_the_axis_and_its_labels() -> None:
    some = PATTERN.sel(head=0, key=[1, "bos"])
    assert some.array.tolist() == [[2, 0], [5, 3]]
    assert some.labels["key"] == (1, "bos")
    assert some.texts("key") == ("1:b", "bos")
    assert some.sel(key="1:b", query="0:a").item() == 5


def test_what_is_shown_selects_as_well() -> None:
    assert PATTERN.sel(head=0, query="0:a", key="1:b").item() == 5


@pytest.mark.parametrize("where", [{"heads": 0}, {"head": 2}, {"key": "2:c"}, {"head": [0, 7]}])
def test_what_is_not_there_is_refused(where: dict) -> None:
    with pytest.raises(InputError) as caught:
        PATTERN.sel(**where)
    assert caught.value.code == "E417"


def test_the_nearest_label_is_offered() -> None:
    with pytest.raises(InputError, match="did you mean 'head'"):
        PATTERN.sel(heads=0)


def test_it_is_an_array_where_one_is_wanted() -> None:
    assert np.asarray(PATTERN).shape == PATTERN.shape == (2, 2, 3)
    assert np.asarray(PATTERN, dtype=int).dtype == int


def test_it_prints_as_a_table() -> None:
    assert str(PATTERN.sel(head=0)) == (
        "query \\ key  bos  0:a  1:b\nbos          0    1    2\n0:a          3    4    5"
    )
    assert str(PATTERN.sel(head=0, key="bos")) == "query\nbos    0\n0:a    3"
    assert str(PATTERN) == "Named(head 2, query 2, key 3)"
    assert str(PATTERN.sel(head=0, query=0, key=0)) == "4"

"""What is filed on a shelf is found as if all of it were looked through."""

from hypothesis import given
from hypothesis import strategies as st

from services.workflow.engine.shelves import Shelf

KEYS = st.sampled_from("abcdef")
ACTS = st.lists(st.tuples(st.sampled_from(["put", "take", "ask"]), KEYS, st.integers(0, 3)), max_size=40)


@given(ACTS)
def test_entries_are_found_where_they_belong_in_order_of_arrival(acts: list[tuple[str, str, int]]) -> None:
    """However they came, were changed, moved or taken away, and whenever somebody has asked before."""
    shelf, plain = Shelf("place"), dict[str, dict[str, int]]()
    for act, key, place in acts:
        if act == "put":
            shelf[key] = plain[key] = {"place": place}
        elif act == "take" and key in plain:
            assert shelf.pop(key) is plain.pop(key)
        else:
            assert shelf.of(place) == [one for one, entry in plain.items() if entry["place"] == place]
    assert shelf == plain
    assert [shelf.of(place) for place in shelf.numbers()] == [
        [one for one, entry in plain.items() if entry["place"] == place] for place in shelf.numbers()
    ]
    assert set(shelf.numbers()) == {entry["place"] for entry in plain.values()}

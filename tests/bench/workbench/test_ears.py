"""What ears are worth: the sets that are compared."""

from appliance.bench.workbench.ears import EarsEvaluation, EarsFigures, _sets


def test_every_set_is_compared_once_and_no_ear_is_in_one_twice() -> None:
    names = ("pocketsphinx", "pocketsphinx streaming", "sherpa", "sherpa streaming")
    sets = list(_sets(names))
    assert len(sets) == len(set(sets)) == 9
    assert sets[-1] == () and all(len({n // 2 for n in chosen}) == len(chosen) for chosen in sets)


def test_the_table_names_each_set() -> None:
    figures = EarsFigures(("pocketsphinx", "moonshine"), 30, 28, 33, (9, 8, 6), 10, 0.4, 0.27)
    evaluation = EarsEvaluation((figures,))
    assert "pocketsphinx, moonshine" in evaluation.table() and "270 ms" in evaluation.table()
    assert [row.n for row in evaluation.document()] == [43, 33]

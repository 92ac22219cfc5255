"""The official client for Python, unmodified, against the server; and the action on what it has recorded."""

import pytest

EXAMPLE = "Example Evaluators/Code/Exact match"


def trues(run_stats):
    """How often each boolean Evaluator of a Run has said true, out of how many judgments."""
    return [(stats.num_true, stats.num_judgments) for stats in run_stats.evaluator_stats]


@pytest.mark.parametrize("kind", ["flow", "prompt"])
def test_the_action_fails_a_run_that_got_worse_and_promotes_one_that_got_better(server, kind):
    evaluators = ["exact, with a threshold", "length", "raises", "example"]
    (first, *_) = server.evaluate(kind=kind, evaluators=evaluators)
    assert (first["path"], first["threshold_check"]) == ("official/exact", True)
    server.restart()
    worse = server.evaluate(kind=kind, evaluators=evaluators, wrong_every=2)
    server.evaluate(kind=kind, evaluators=evaluators, wrong_every=100)

    checks = {check["path"]: (check["score"], check["delta"], check["threshold_check"]) for check in worse}
    assert checks["official/exact"] == (0.5, -0.25, False)
    assert checks["official/raises"] == (0, 0, None)
    assert checks[EXAMPLE] == (0.5, -0.25, None)
    runs = server.runs()
    assert [run.status for run in runs] == ["completed"] * 3
    assert len({run.version.version_id for run in runs}) == 3
    assert len({run.dataset.version_id for run in runs}) == 1
    for stats in server.stats():
        exact, length, raises, example = stats.evaluator_stats
        assert (exact.num_judgments, length.num_judgments, raises.num_errors, example.num_judgments) == (40,) * 4

    compared = {"evaluators": f"- official/exact\n- {EXAMPLE}"}
    control, worse, better = [server.gate(run, **compared) for run in runs]
    assert (control.exit_code, control.outputs["promoted"]) == (0, "true"), control.log
    assert (worse.exit_code, worse.outputs["verdict"], worse.outputs["promoted"]) == (1, "regressed", "false"), worse.log
    assert (better.exit_code, better.outputs["verdict"], better.outputs["promoted"]) == (0, "improved", "true"), better.log
    assert [run.control for run in server.runs()] == [False, False, True]


def test_a_changed_evaluator_judges_the_next_run_and_the_action_says_that_the_two_cannot_be_compared(server):
    server.evaluate(evaluators=["exact"])
    server.evaluate(evaluators=["exact, changed"])
    assert [trues(stats) for stats in server.stats()] == [[(30, 40)], [(30, 40)]]
    control, changed = [server.gate(run) for run in server.runs()]
    assert control.exit_code == 0, control.log
    assert (changed.exit_code, changed.outputs["verdict"]) == (1, "incomplete")
    assert "Let the same version judge both." in changed.log
    assert server.gate(server.runs()[1], gate="off").outputs["control"] == "true"


def test_an_added_evaluator_judges_the_next_run_to_its_end(server):
    server.evaluate(evaluators=["exact"])
    # The client finds no score of the new Evaluator in the Run before, and ends with an error after the Run is complete.
    script = server.run_script(evaluators=["exact", "example"])
    assert f"Could not find score for Evaluator {EXAMPLE}" in script.stderr
    (exact, example) = server.evaluate(evaluators=["exact", "example"])
    assert (exact["delta"], example["score"], example["delta"]) == (0, 0.75, 0)
    assert [run.status for run in server.runs()] == ["completed"] * 3
    assert [trues(stats) for stats in server.stats()] == [[(30, 40), (0, 0)], [(30, 40)] * 2, [(30, 40)] * 2]


def test_an_empty_dataset_comes_to_a_run_that_is_completed(server):
    assert server.evaluate(size=0) == []
    (run,) = server.runs()
    assert (run.status, run.dataset.datapoints_count) == ("completed", 0)


def test_datapoints_with_messages_only_are_answered_and_judged(server):
    server.evaluate(kind="prompt", has_messages_only=True, evaluators=["exact", "example"])
    assert [trues(stats) for stats in server.stats()] == [[(30, 40), (30, 40)]]


def test_a_decorated_flow_whose_logs_come_as_spans_comes_to_a_run_that_is_completed(server):
    server.evaluate(kind="decorated", evaluators=["exact", "example"])
    assert [run.status for run in server.runs()] == ["completed"]
    assert [trues(stats) for stats in server.stats()] == [[(30, 40), (30, 40)]]


def test_a_run_that_was_abandoned_does_not_keep_the_next_one_waiting(server):
    killed = server.run_script(dies_at=20)
    assert killed.returncode < 0
    (check,) = server.evaluate()
    assert check["score"] == 0.75
    assert [run.status for run in server.runs()] == ["running", "completed"]


def test_a_wrong_key_ends_the_script_with_words_and_leaves_nothing_behind(server):
    script = server.run_script(api_key="another-key")
    assert script.returncode == 1
    assert "status_code: 401" in script.stderr
    assert "The key in the header X-API-KEY is missing or not valid on this server." in script.stderr
    assert server.files() == []

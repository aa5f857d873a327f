"""The page of recommendations: the words and numbers of the command line, mistakes in words, one search at a time."""

import threading

import pytest
from page_helpers import PAGES, content_of, text

from costmodel.analyses.recommend import recommend as search_setups
from costmodel.analyses.recommend import words
from costmodel.errors import CostModelError
from dashboards.pages import recommend
from dashboards.searches import Abandoned, Searches
from dashboards.selection import Selection, format_query, restrict_to

QUESTION = Selection(users="8", gpus="1", prompt="512", output="64", price="2.5")


def test_the_page_says_what_the_command_line_says():
    parts = recommend.search(format_query(QUESTION), "a visit")
    answer = search_setups(*recommend.read_question(QUESTION))
    shown = text(parts)
    assert text(parts[0]).startswith(words.sentence(answer))
    assert words.start_command(answer.best) in shown and words.start_command(answer.runner_up) in shown
    for row in words.rows(answer, 2.5):
        assert all(cell in shown for cell in row)
    assert all(flip[1:] in shown for flip in answer.flips) and words.NOTE in shown and "cost/M" in shown
    command = "costmodel recommend --users 8 --tpot 50ms --prompt 512 --output 64 --model llama-3.1-8b"
    assert f"{command} --gpu h100-sxm --gpus 1 --price 2.5" in shown


def test_an_answer_is_computed_once(monkeypatch):
    calls = []
    monkeypatch.setattr(recommend, "recommend", lambda *question, on_progress: calls.append(question) or "an answer")
    selection = restrict_to(Selection(users="7"), recommend.FIELDS)
    assert [recommend.searches.wait_for(recommend.answer_of, selection, visit) for visit in "ab"] == ["an answer"] * 2
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"users": "0.5"}, "users: expected at least 1"),
        ({"users": "20K"}, "users: expected at most 8,192"),
        ({"gpus": "1.5"}, "GPUs: expected whole numbers"),
        ({"gpus": "128"}, "GPUs: expected at most 64"),
        ({"gpus": "1,2,3,4,5,6,7,8,9"}, "different numbers of GPUs: expected at most 8"),
        ({"prompt": "1M"}, "prompt: expected less than the model's context"),
        ({"output": "512,99"}, "output: expected tokens, or tokens and a spread"),
        ({"tpot": "-5"}, "TPOT: expected"),
        ({"price": "free"}, "price: expected a number"),
        ({"model": "/etc/config.json"}, "there is no model"),
    ],
)
def test_a_mistake_is_said_before_any_search(fields, expected):
    with pytest.raises(CostModelError, match=expected):
        content_of("recommend", Selection(**fields))


def test_what_nothing_can_run_is_said_in_words():
    shown = recommend.search(format_query(Selection(gpu="mi300x", users="2", gpus="1")), "a visit")
    assert "no set-up of llama-3.1-8b on mi300x" in text(shown) and shown[0].role == "alert"


def test_a_search_that_nobody_waits_for_is_given_up():
    searches, first, second = Searches(), Selection(users="1"), Selection(users="2")
    begun, changed, steps = threading.Event(), threading.Event(), []

    def compute(selection):
        with searches.slot(selection) as on_progress:
            if selection == first:
                begun.set()
                assert changed.wait(30)
            on_progress(1, 2)
            steps.append(selection.users)
            return selection.users

    answers = {}
    waiting = threading.Thread(target=lambda: answers.update(old=searches.wait_for(compute, first, "visit")))
    waiting.start()
    assert begun.wait(30)
    changing = threading.Thread(target=lambda: answers.update(new=searches.wait_for(compute, second, "visit")))
    changing.start()
    while searches._wanted.get("visit") != second:
        pass
    changed.set()
    waiting.join(30)
    changing.join(30)
    assert answers == {"old": None, "new": "2"} and steps == ["2"] and not searches._wanted


def test_a_search_that_another_visitor_waits_for_goes_on():
    searches, question = Searches(), Selection(users="1")

    def compute(selection):
        with searches.slot(selection) as on_progress:
            searches._wanted["left"] = Selection(users="2")
            on_progress(1, 2)
            return "an answer"

    searches._wanted["left"] = question
    assert searches.wait_for(compute, question, "stayed") == "an answer"
    with pytest.raises(Abandoned), searches.slot(question):
        pass


def test_the_layout_has_the_visit_and_says_what_is_computed():
    ids = [
        getattr(part, "id", None) for parts in PAGES["recommend"].own_parts() for part in [parts, *parts._traverse()]
    ]
    assert "recommend-answer" in ids and "recommend-visit" in ids

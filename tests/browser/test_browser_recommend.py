"""The page of recommendations in a browser: the answer first, with the exact command, and that a search is under way."""

from conftest import SEARCH

LINK = "/recommend?users=8&tpot=50&gpus=1&prompt=512&output=64"


def test_the_answer_comes_first_with_its_command_and_the_rest(visit):
    tab = visit.open(LINK).tab
    sentence = tab.locator("#recommend-answer .answer")
    assert sentence.inner_text().startswith("Yes, ") and "users within the targets" in sentence.inner_text()
    assert tab.locator(".results section").first.locator(".answer").count() == 1
    assert "h100-sxm" in sentence.inner_text() and sentence.bounding_box()["y"] < 300
    start = tab.locator("#recommend-start").inner_text()
    assert "vllm serve" in start or "trtllm-serve" in start or "sglang" in start
    visit.says("#recommend-answer", "Where it flips").says("#recommend-answer", "Runner-up")
    assert tab.locator("#recommend-answer tbody tr").count() == 2
    visit.says("#recommend-answer", "costmodel recommend --users 8 --tpot 50ms --prompt 512 --output 64")
    assert visit.tidy().serious() == []
    tab.set_viewport_size({"width": 390, "height": 844})
    assert visit.tidy().serious() == [] and sentence.bounding_box()["y"] < 200


def test_another_question_says_that_it_is_searched_and_is_answered(visit):
    tab = visit.open(LINK).tab
    held = visit.hold('"output":"recommend-answer.children"')
    visit.type("recommend-users", "9")
    visit.linked(users="9")
    tab.locator(".busy", has_text="Replaying every set-up").wait_for(state="visible")
    visit.release(held)
    tab.locator("#recommend-answer", has_text="--users 9").wait_for(state="visible", timeout=SEARCH)


def test_what_cannot_be_is_said_in_words(visit):
    tab = visit.open(LINK).tab
    visit.type("recommend-users", "0.5")
    message = tab.locator("#recommend-message")
    message.wait_for(state="visible")
    assert "users: expected at least 1" in message.inner_text() and visit.serious() == []

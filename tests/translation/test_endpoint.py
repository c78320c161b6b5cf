"""The endpoint against a real server on loopback that misbehaves in every way known."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from chat_server import Server

from lineage.problem import Problem
from subtitling.runtime.worker import Lost
from subtitling.translation import batches, stage
from subtitling.translation.endpoint import KEY, Endpoint, EndpointOptions, check_url

LINES = {f"s{n}": f"line {n}" for n in range(1, 9)}


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.end()


calls: list[tuple[Any, ...]] = []


def opened(url: str, target: str = "pt", **changed: Any) -> Endpoint:
    calls.clear()
    options = {
        "url": url,
        "model": "small",
        "neighbours": 2,
        "timeout_s": 0.8,
        "max_tokens": 1000,
        "price_in": 2.0,
        "price_out": 6.0,
        **changed,
    }
    return Endpoint(
        "en",
        target,
        lines=LINES,
        summary="Sholay (1975). Two crooks.",
        terms=lambda text: {"line 4": "linha quatro"} if text == "line 4" else {},
        options=EndpointOptions(**options),
        record=lambda *call: calls.append(call),
    )


def run(server: Server, texts: dict[str, str] = LINES, **changed: Any) -> batches.Outcome:
    with opened(server.url, **changed) as engine:
        return batches.translate(texts, engine, size=4, progress=lambda *_: None)


@pytest.mark.parametrize(
    "fault",
    ["", "drop", "merge", "reorder", "add", "repeat", "numbers", "prose", "list", "fence", "html",
     "null", "slow", "break", "drip", "429", "503"],
)  # fmt: skip
def test_whatever_it_does_once_every_line_comes_back_under_its_own_id(
    server: Server, fault: str
) -> None:
    server.faults = [fault]
    outcome = run(server)
    texts = {i: text.upper() for i, text in LINES.items()}
    if fault == "merge":  # nothing tells that a line holds more than its own
        texts["s1"] = "LINE 1 LINE 2"
    assert outcome.texts == texts
    assert outcome.failed == {}


@pytest.mark.parametrize("fault", ["drop", "prose", "break"])
def test_a_line_that_it_never_translates_fails_alone(server: Server, fault: str) -> None:
    server.always = fault
    outcome = run(server)
    assert list(outcome.failed) == ["s3"]
    assert len(outcome.texts) == 7


def test_it_is_shown_neighbours_the_film_and_the_terms(server: Server) -> None:
    run(server, {i: LINES[i] for i in ("s4", "s5")})
    assert server.requests == [
        {
            "film": "Sholay (1975). Two crooks.",
            "glossary": {"line 4": "linha quatro"},
            "before": ["line 2", "line 3"],
            "lines": [{"id": "s4", "text": "line 4"}, {"id": "s5", "text": "line 5"}],
            "after": ["line 6", "line 7"],
        }
    ]


@pytest.mark.parametrize(
    ("target", "name"),
    [("pt", "Portuguese"), ("pt-BR", "Portuguese (Brazil)"), ("zh-Hant", "Chinese (Traditional)"),
     ("es-419", "Spanish (Latin America)"), ("mai", "Maithili")],
)  # fmt: skip
def test_it_is_told_the_languages_by_their_names(server: Server, target: str, name: str) -> None:
    run(server, {"s1": "line 1"}, target=target)
    assert f"from English to {name}. " in server.rules[0]


def test_calls_tokens_and_cost_are_on_record(server: Server) -> None:
    with opened(server.url) as engine:
        batches.translate(LINES, engine, size=4, progress=lambda *_: None)
        assert vars(engine.usage) == {
            "calls": 2, "tokens_in": 200, "tokens_out": 20, "without_usage": 0,
        }  # fmt: skip
        assert engine.cost == 0.00052
    assert [call[:3] for call in calls] == [("127.0.0.1", "/v1/chat/completions", 200)] * 2
    assert all(len(call[3]) == 64 for call in calls)


def test_the_key_comes_from_the_environment_and_goes_nowhere_else(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY, "sk-very-secret")
    server.faults = ["401"]
    with pytest.raises(Problem, match="HTTP 401") as caught:
        run(server)
    assert server.headers[0]["Authorization"] == "Bearer sk-very-secret"
    assert "sk-very-secret" not in str(caught.value) + repr(calls)


def test_no_key_no_header(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY, raising=False)
    run(server)
    assert "Authorization" not in server.headers[0]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"url": ""}, "name both"),
        ({"url": "http://127.0.0.1/v1", "model": ""}, "name both"),
        ({"url": "https://me:secret@host/v1"}, "put no key into it"),
        ({"url": "http://translator.example/v1"}, "in clear"),
    ],
)
def test_an_address_that_will_not_do_is_refused(
    changed: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY, "sk-very-secret")
    with pytest.raises(Problem, match=words):
        opened(**changed)


def test_a_server_that_is_not_there_is_a_problem_after_some_tries() -> None:
    with opened("http://127.0.0.1:9/v1") as engine, pytest.raises(Problem, match=r"127\.0\.0\.1"):
        batches.translate(
            {f"s{n}": "x" for n in range(1, 9)}, engine, size=2, progress=lambda *_: None
        )


@pytest.mark.heavy
def test_five_thousand_lines_come_back_as_five_thousand(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = {f"s{n}": f"line {n}" for n in range(5000)}
    monkeypatch.setitem(globals(), "LINES", many)
    server.faults = ["drop", "prose", "reorder", "break", "repeat"] * 10
    with opened(server.url) as engine:
        outcome = batches.translate(many, engine, size=40, progress=lambda *_: None)
    assert outcome.texts == {i: text.upper() for i, text in many.items()}


@pytest.mark.parametrize("fault", ["slow", "drip", "continue", "header"])
def test_the_limit_is_on_the_whole_answer(server: Server, fault: str) -> None:
    server.faults = [fault]
    before = threading.active_count()
    with opened(server.url) as engine:
        began = time.monotonic()
        with pytest.raises(Lost, match=r"no answer in 0\.8 s"):
            engine.translate(LINES, carefully=False)
        assert time.monotonic() - began < 2
        assert engine.translate(LINES, carefully=False)["s1"] == "LINE 1", "and goes on"
    time.sleep(0.3)
    assert threading.active_count() <= before + 2, "nothing of ours waits on"


@pytest.mark.parametrize("fault", ["deep", "huge number"])
def test_what_cannot_be_read_is_asked_for_again(server: Server, fault: str) -> None:
    server.faults = [fault]
    assert len(run(server).texts) == len(LINES)


@pytest.mark.parametrize(
    "fault", ["usage text", "usage huge", "usage list", "usage less", "usage endless"]
)
def test_a_good_answer_is_kept_whatever_is_said_of_its_cost(server: Server, fault: str) -> None:
    server.faults = [fault]
    with opened(server.url) as engine:
        assert len(engine.translate(LINES, carefully=False)) == len(LINES)
        assert engine.usage.without_usage == 1
        assert engine.usage.tokens_in == 0


def test_a_key_in_the_address_is_refused_and_not_shown() -> None:
    for url in ("https://h/v1?key=CANARY", "https://u:CANARY@h/v1", "https://h/v1#CANARY"):
        with pytest.raises(Problem, match="put no key into it") as caught:
            check_url(url)
        assert "CANARY" not in str(caught.value)


def test_a_translator_that_is_gone_is_told_from_one_that_fails_at_a_sentence(
    server: Server,
) -> None:
    few = {i: LINES[i] for i in ("s1", "s2", "s3")}
    with opened(server.url) as engine:
        server.always, server.troubled = "500", "s3"
        outcome = batches.translate(few, engine, size=1, progress=lambda *_: None)
        assert set(outcome.failed) == {"s3"}
        assert stage.gone(engine, few, outcome) is None, "s3 is to blame"
        server.faults = ["html"] * 9
        assert stage.gone(engine, few, outcome)
    with opened("http://127.0.0.1:9/v1") as engine:
        outcome = batches.translate(few, engine, size=3, progress=lambda *_: None)
        assert stage.gone(engine, few, outcome)

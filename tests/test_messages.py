from __future__ import annotations

import pytest
from pydantic import ValidationError

from dora_mlx_tts.config.settings import SpeechSettings
from dora_mlx_tts.messages import brief, explain, must_be, one_of, unknown


def test_a_value_that_is_not_allowed() -> None:
    assert must_be("speed", "at most 2", 3) == "speed must be at most 2, got 3"
    assert must_be("seq", "an integer", "x") == "seq must be an integer, got 'x'"


def test_one_of_several() -> None:
    assert one_of(["a"]) == "'a'"
    assert one_of(["a", "b"]) == "'a' or 'b'"
    assert one_of(["a", "b", "c"]) == "'a', 'b' or 'c'"
    assert one_of([]) == "nothing"


def test_a_name_that_is_unknown() -> None:
    assert unknown("voice", "x", ["anna", "ben"]) == "unknown voice 'x'; available: anna, ben"
    assert unknown("voice", "ana", ["anna", "ben"]).endswith("; did you mean 'anna'?")
    assert unknown("voice", "x", []) == "unknown voice 'x'; available: none"
    assert unknown("voice", None, iter(["anna"])) == "unknown voice None; available: anna"


@pytest.mark.parametrize("value", ["x" * 10_000, b"x" * 10_000, ["x"] * 10_000, "a\nb" * 100])
def test_values_are_shown_on_one_short_line(value: object) -> None:
    shown = brief(value)
    assert len(shown) <= 80
    assert "\n" not in shown
    assert len(unknown("voice", value, ["anna"])) < 150


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"top_k": "many"}, "top_k must be a valid integer, got 'many'"),
        ({"top_k": 1.5}, "top_k must be a valid integer, got 1.5"),
        ({"speed": 9}, "speed must be less than or equal to 2, got 9"),
        ({"speed": float("nan")}, "speed must be a finite number, got nan"),
        ({"mode": "fast"}, "mode must be 'latency' or 'throughput', got 'fast'"),
        ({"seed": [1]}, "seed must be a valid integer, got [1]"),
        ({"pitch": 1}, "unknown setting 'pitch'; available: language, speed"),
    ],
)
def test_what_pydantic_found(values: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        SpeechSettings.model_validate(values)
    (problem,) = caught.value.errors(include_url=False)
    assert explain(problem, ["language", "speed"]) == message

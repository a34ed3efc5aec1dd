"""Cancel tokens: set once, by anybody, seen by everybody."""

from __future__ import annotations

import threading

import pytest

from dora_mlx_tts.runtime.cancel import Cancelled, CancelToken


def test_a_fresh_token_lets_work_go_on() -> None:
    token = CancelToken()
    token.check()
    assert not token.cancelled
    assert not token()
    assert (token.reason, token.cancelled_s) == ("", 0.0)


def test_the_first_reason_and_time_stay() -> None:
    token = CancelToken()
    assert token.cancel("barge-in", at_s=3.5)
    assert not token.cancel("stop", at_s=9.0)
    assert token()
    assert (token.reason, token.cancelled_s) == ("barge-in", 3.5)


def test_a_check_raises_with_token_and_reason() -> None:
    token = CancelToken()
    token.cancel("stop")
    with pytest.raises(Cancelled, match="stop") as caught:
        token.check()
    assert caught.value.token is token
    assert token.cancelled_s > 0


def test_a_wrapped_function_is_called_until_it_returns_true() -> None:
    answers = iter([False, False, True])
    token = CancelToken.of(lambda: next(answers))
    assert [token.cancelled for _ in range(5)] == [False, False, True, True, True]
    assert token.reason


def test_a_token_may_also_be_cancelled_past_its_function() -> None:
    token = CancelToken.of(lambda: False)
    token.cancel("stop")
    with pytest.raises(Cancelled):
        token.check()


def test_a_token_stays_itself_and_nothing_becomes_one() -> None:
    token = CancelToken()
    assert CancelToken.of(token) is token
    assert not CancelToken.of(None).cancelled


def test_one_of_many_threads_sets_it_and_none_sees_it_half_set() -> None:
    for _ in range(50):
        token, won, torn = CancelToken(), [], []
        start = threading.Barrier(5)

        def cancel(number: int, token=token, won=won, start=start) -> None:
            start.wait()
            if token.cancel(f"by {number}", at_s=float(number)):
                won.append(number)

        def watch(token=token, torn=torn, start=start) -> None:
            start.wait()
            while not token.cancelled:
                pass
            if token.reason != f"by {int(token.cancelled_s)}":
                torn.append(token.reason)

        threads = [threading.Thread(target=cancel, args=(n,)) for n in (1, 2, 3, 4)]
        threads.append(threading.Thread(target=watch))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) == 1
        assert token.reason == f"by {won[0]}"
        assert not torn

"""The film's clock."""

from subtitling.media.clock import Clock

VIDEO, AUDIO = 0, 1
S = 1_000_000


def placed(clock: Clock, *packets: tuple[int, int]) -> list[float]:
    return [clock.place(stream, time) / S for stream, time in packets]


def test_it_begins_where_the_container_does():
    clock = Clock(5 * S, may_jump=False)
    assert placed(clock, (VIDEO, 5 * S), (AUDIO, 4 * S), (VIDEO, 6 * S)) == [0, -1, 1]


def test_a_container_that_cannot_jump_is_believed():
    clock = Clock(0, may_jump=False)
    assert placed(clock, (VIDEO, 0), (VIDEO, 90_000 * S)) == [0, 90_000]
    assert clock.jumps == 0


def test_a_second_recording_goes_on_where_the_first_ended():
    clock = Clock(100 * S, may_jump=True)
    first = placed(clock, (VIDEO, 100 * S), (AUDIO, 100 * S), (VIDEO, 101 * S), (AUDIO, 101 * S))
    second = placed(clock, (VIDEO, 7 * S), (AUDIO, 7 * S), (VIDEO, 8 * S))
    assert (first, second) == ([0, 0, 1, 1], [2, 2, 3])
    assert clock.jumps == 1


def test_packets_of_the_first_recording_may_come_after_the_second_began():
    clock = Clock(0, may_jump=True)
    placed(clock, (VIDEO, 0), (AUDIO, 0), (VIDEO, 1 * S), (AUDIO, 1 * S))
    assert placed(clock, (VIDEO, 500 * S), (AUDIO, 2 * S), (AUDIO, 500 * S)) == [2, 2, 2]
    assert clock.jumps == 1


def test_a_hole_in_one_stream_is_no_jump():
    clock = Clock(0, may_jump=True)
    placed(clock, (AUDIO, 0), *((VIDEO, second * S) for second in range(31)))
    assert placed(clock, (AUDIO, 30 * S)) == [30]
    assert clock.jumps == 0


def test_a_stream_that_runs_apart_from_the_others_is_no_jump():
    clock = Clock(0, may_jump=True)
    packets = [(s, t * S + s * 20 * S) for t in range(5) for s in (VIDEO, AUDIO)]
    placed(clock, *packets)
    assert clock.jumps == 0

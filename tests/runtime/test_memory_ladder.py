"""Memory that runs out: the same work in the next setting, and every step of it reported."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from house import DATA, ROOT

from lineage.problem import Problem
from subtitling.options import selected
from subtitling.recognition.recogniser import RecognitionOptions
from subtitling.runtime.memory_ladder import Ladder, Loaded, Steps, halves, lack


@dataclass(frozen=True)
class Setting:
    device: str
    batch: int


SETTINGS = [Setting("cuda", 4), Setting("cuda", 2), Setting("cuda", 1), Setting("cpu", 1)]


def ladder(degrade: Callable[..., Any], settle: Callable[[Setting], Any]) -> Ladder[Setting]:
    return Ladder(SETTINGS, degrade, settle, "take a smaller model")


def test_a_count_is_halved_down_to_one() -> None:
    assert (halves(6), halves(4), halves(1)) == ([6, 3, 1], [4, 2, 1], [1])


def test_only_a_lack_of_memory_is_given_back_in_words() -> None:
    assert lack(RuntimeError("CUDA out of memory")) == "CUDA out of memory"
    with pytest.raises(ValueError, match="bad"):
        lack(ValueError("bad"))


def test_work_is_done_in_the_first_setting_with_room_and_each_step_is_told() -> None:
    steps: list[Any] = []
    settled: list[Setting] = []
    here = ladder(lambda *step: steps.append(step), settled.append)

    def work() -> None:
        """Nothing comes of it, which is an answer too."""
        if here.setting.device == "cuda":
            raise MemoryError(f"no room for {here.setting.batch}")

    assert here.through(work) is None
    assert steps == [
        ("batch", 4, 2, "no room for 4"),
        ("batch", 2, 1, "no room for 2"),
        ("device", "cuda", "cpu", "no room for 1"),
    ]
    assert settled == SETTINGS[1:]
    assert here.setting == SETTINGS[-1], "and stays there"


def test_steps_that_would_not_help_are_passed_over() -> None:
    steps: list[Any] = []
    here = ladder(lambda *step: steps.append(step[:3]), lambda _: None)
    tries: list[str] = []

    def load() -> str:
        tries.append(here.setting.device)
        if here.setting.device == "cuda":
            raise RuntimeError("CUBLAS_STATUS_ALLOC_FAILED")
        return "loaded"

    assert here.through(load, beyond=["batch"]) == "loaded"
    assert tries == ["cuda", "cpu"]
    assert steps == [("device", "cuda", "cpu"), ("batch", 4, 1)]


def test_what_was_done_stays_and_every_item_is_done_once_in_order() -> None:
    here = ladder(lambda *_: None, lambda _: None)
    asked: list[list[int]] = []

    def doubled(some: Sequence[int]) -> list[int]:
        asked.append(list(some))
        if len(some) > 2 and 4 in some:
            raise MemoryError
        return [2 * each for each in some]

    made = list(here.batches(range(7), doubled))
    assert made == [(range(0, 4), [0, 2, 4, 6]), (range(4, 6), [8, 10]), (range(6, 7), [12])]
    assert asked == [[0, 1, 2, 3], [4, 5, 6], [4, 5], [6]]
    assert list(here.batches([], doubled)) == []


def test_another_error_is_no_reason_to_go_down() -> None:
    here = ladder(lambda *_: None, lambda _: None)

    def broken() -> None:
        raise RuntimeError("cuDNN version mismatch")

    with pytest.raises(RuntimeError, match="version"):
        here.through(broken)
    assert here.setting == SETTINGS[0]


def test_below_the_last_setting_is_a_problem_that_says_what_to_do() -> None:
    here = ladder(lambda *_: None, lambda _: None)

    def hopeless() -> None:
        raise MemoryError("none left")

    with pytest.raises(Problem) as caught:
        here.through(hopeless)
    assert str(caught.value) == (
        "memory runs out even with device cpu, batch 1 (none left). Give the stage more memory, or "
        "take a smaller model"
    )


def test_an_engine_that_is_asked_goes_down_one_by_one() -> None:
    steps = Steps([Loaded("cuda", "float16"), Loaded("cpu", "int8")])
    assert str(steps.down()) == "cuda float16"
    assert steps.setting == Loaded("cpu", "int8")
    assert steps.down() is None
    assert steps.setting == Loaded("cpu", "int8")


# Says what it heard in six overlapping stretches of sound, all of them at once where there is room;
# with so many bytes more than the loaded model takes, where that is given.
_HEAR = """
import json, resource, sys
from pathlib import Path
import faster_whisper.transcribe
from subtitling.media import audio_file
from subtitling.recognition import chunking, whisper
from subtitling.recognition.recogniser import RecognitionOptions
folder, sound, options, room = sys.argv[1:]
steps = []
recogniser = whisper.Whisper(
    Path(folder), "cpu", 1, RecognitionOptions(**json.loads(options)),
    lambda *step: steps.append(step),
)
recogniser.load()
audio = audio_file.read_speech_audio(Path(sound))
if room != "any":
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + int(room)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
chunks = [chunking.Chunk(1000 * at, 1000 * at + 4000, ()) for at in range(6)]
heard = recogniser.recognise(audio, chunks, "en", "transcribe", lambda *_: None)
print(json.dumps([[each.text for each in heard], steps]))
"""


@pytest.mark.heavy
def test_recognition_on_a_cpu_with_little_memory_hears_the_same_words(
    models: Path, defaults: dict[str, Any]
) -> None:
    options = selected(RecognitionOptions, defaults["asr"])
    options["batch_size"] = 6

    def heard(room: str) -> Any:
        command = [sys.executable, "-c", _HEAR, str(models / "whisper-base")]
        command += [str(DATA / "two_cities.flac"), json.dumps(options), room]
        done = subprocess.run(command, cwd=ROOT / "scripts", capture_output=True, check=True)
        return json.loads(done.stdout)

    words, steps = heard("any")
    assert steps == []
    fewer_at_once, steps = heard(str(250 << 20))
    assert [step[:2] for step in steps][:1] == [["batch", 6]]
    assert all("memory" in step[3] for step in steps)
    assert fewer_at_once == words
    assert "best of times" in words[1]

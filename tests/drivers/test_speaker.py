"""The voice: the real espeak-ng, and below the real speaker a player that keeps what it is given."""

from __future__ import annotations

import io
import itertools
import resource
import subprocess
import sys
import time
import wave
from array import array
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from drivers.base import Lost, Missing, Phrase, Speaker, Timeout
from drivers.simulated import player
from drivers.speaker import RATE_HZ, EspeakSpeaker, seconds

CALL_ID = Phrase("id", "Nomor antrean, pe dua belas. Silakan menuju loket satu.")
CALL_EN = Phrase("en", "Queue number, pea twelve. Please go to desk one.")
SPEED = 20.0

Make = Callable[..., EspeakSpeaker]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "sounds"


@pytest.fixture
def make(folder: Path) -> Make:
    """Makes a speaker over the simulated player, connected."""

    def speaker(**options: object) -> EspeakSpeaker:
        made = EspeakSpeaker(**{"player": player.command(folder, speed=SPEED), **options})  # type: ignore[arg-type]
        made.connect()
        return made

    return speaker


def samples(sound: bytes) -> array[int]:
    with wave.open(io.BytesIO(sound), "rb") as reader:
        assert (reader.getnchannels(), reader.getsampwidth(), reader.getframerate()) == (1, 2, RATE_HZ)
        frames = reader.readframes(reader.getnframes())
        assert len(frames) == 2 * reader.getnframes()
    return array("h", frames)


def pauses_s(heard: array[int]) -> list[float]:
    """The silences of more than 0.3 s between two sounds; a sentence's own commas are shorter or as long."""
    loud = [index for index, sample in enumerate(heard) if abs(sample) > 150]
    return [(b - a) / RATE_HZ for a, b in itertools.pairwise(loud) if b - a > 0.3 * RATE_HZ]


def until(condition: Callable[[], bool], within_s: float = 10.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


# ------------------------------------------------------------------------------------- what is heard


@pytest.mark.parametrize("phrase", [CALL_ID, CALL_EN])
def test_a_sentence_is_heard_loud_and_whole_in_each_language(make: Make, phrase: Phrase) -> None:
    heard = samples(make(chime=False).synthesise((phrase,)))
    assert max(heard) > 8_000
    assert 3 < len(heard) / RATE_HZ < 9
    assert sum(abs(sample) > 150 for sample in heard) > len(heard) / 3


def test_the_chime_comes_first_alone_and_without_a_click(make: Make) -> None:
    with_chime = samples(make().synthesise((CALL_ID,)))
    without = samples(make(chime=False).synthesise((CALL_ID,)))
    chime = with_chime[: len(with_chime) - len(without)]
    assert 1.5 < len(chime) / RATE_HZ < 3
    assert max(chime) > 3_000
    assert max(abs(b - a) for a, b in itertools.pairwise(chime)) < 3_000
    assert with_chime[-RATE_HZ:] == without[-RATE_HZ:]


def test_a_chime_alone_is_a_sound_too(make: Make) -> None:
    assert max(samples(make().synthesise(()))) > 3_000


def test_a_longer_sentence_lasts_longer(make: Make) -> None:
    speaker = make()
    short = speaker.synthesise((Phrase("id", "Nomor satu."),))
    assert seconds(speaker.synthesise((CALL_ID,))) > seconds(short) + 2


def test_a_slower_voice_lasts_longer(make: Make) -> None:
    slow, fast = make(words_per_minute=100), make(words_per_minute=180)
    assert seconds(slow.synthesise((CALL_ID,))) > seconds(fast.synthesise((CALL_ID,))) + 1


def test_a_lower_volume_makes_chime_and_voice_softer(make: Make) -> None:
    loud, soft = (
        samples(make(volume=100).synthesise((CALL_ID,))),
        samples(make(volume=40).synthesise((CALL_ID,))),
    )
    assert max(soft) < 0.6 * max(loud)
    assert max(soft[:RATE_HZ]) < 0.6 * max(loud[:RATE_HZ])


def test_english_follows_indonesian_whatever_the_order_of_the_call(make: Make) -> None:
    speaker = make()
    assert speaker.synthesise((CALL_EN, CALL_ID)) == speaker.synthesise((CALL_ID, CALL_EN))
    assert speaker.synthesise((CALL_ID, CALL_EN)) != speaker.synthesise((CALL_ID, CALL_ID))


def test_between_two_sentences_there_is_a_short_pause_and_no_more(make: Make) -> None:
    word = Phrase("id", "satu")
    assert [round(pause, 1) for pause in pauses_s(samples(make(chime=False).synthesise((word, word))))] == [
        0.5
    ]


def test_each_language_is_spoken_by_its_own_voice(make: Make) -> None:
    one, other = make(), make(voices={"id": "en", "en": "id"})
    assert one.synthesise((CALL_ID,)) != other.synthesise((CALL_ID,))


@pytest.mark.parametrize("text", ["-v en satu", "--help satu", "$(reboot) satu; `ls`", "<b>satu</b>"])
def test_a_text_is_never_an_option_or_a_command(make: Make, text: str) -> None:
    speaker = make(chime=False)
    assert seconds(speaker.synthesise((Phrase("id", text),))) > seconds(
        speaker.synthesise((Phrase("id", "satu"),))
    )


@pytest.mark.parametrize(
    "text", ["loket\x00 satu", "loket\x1b\r\n satu", "loket \ud800 satu", "[[loket]] satu"]
)
def test_control_characters_and_phoneme_brackets_are_not_spoken(make: Make, text: str) -> None:
    speaker = make()
    assert speaker.synthesise((Phrase("id", text),)) == speaker.synthesise((Phrase("id", "loket satu"),))


def test_a_blank_phrase_is_left_out(make: Make) -> None:
    speaker = make()
    assert speaker.synthesise((Phrase("id", " \n"), CALL_ID)) == speaker.synthesise((CALL_ID,))


def test_a_language_without_a_voice_is_refused_before_anything_is_heard(make: Make, folder: Path) -> None:
    with pytest.raises(ValueError, match="'min'"):
        make().say((CALL_ID, Phrase("min", "Nomor duo baleh.")))
    assert player.played(folder) == ()


# ------------------------------------------------------------------------------------------- playing


def test_it_is_a_speaker(make: Make) -> None:
    speaker: Speaker = make(name="waiting room")
    assert speaker.name == "waiting room"


def test_say_returns_when_the_last_word_is_spoken(make: Make, folder: Path) -> None:
    make(player=player.command(folder, speed=4)).say((Phrase("id", "satu"),))
    returned_ns = time.monotonic_ns()
    (sound,) = player.played(folder)
    assert sound.ended_ns is not None
    assert sound.began_ns + sound.seconds / 4 * 1e9 <= sound.ended_ns <= returned_ns


def test_the_player_is_given_the_very_sound(make: Make, folder: Path) -> None:
    speaker = make()
    speaker.say((CALL_ID, CALL_EN))
    (sound,) = player.played(folder)
    assert sound.file.read_bytes() == speaker.synthesise((CALL_ID, CALL_EN))


def test_calls_after_one_another_do_not_overlap_and_none_is_cut(make: Make, folder: Path) -> None:
    speaker = make()
    for number in ("satu", "dua", "tiga"):
        speaker.say((Phrase("id", number),))
    sounds = player.played(folder)
    assert len(sounds) == 3
    for sound, following in itertools.pairwise(sounds):
        assert sound.ended_ns is not None
        assert sound.ended_ns <= following.began_ns


def test_aplay_takes_the_whole_sound(make: Make, tmp_path: Path) -> None:
    kept = tmp_path / "kept.raw"
    speaker = make(player=("aplay", "-q", "-D", f"tee:null,'{kept}',raw"))
    speaker.say((CALL_ID,))
    frames = samples(speaker.synthesise((CALL_ID,))).tobytes()
    assert kept.read_bytes()[: len(frames)] == frames


# ---------------------------------------------------------------------------------------- going wrong


def test_a_sound_card_that_is_gone_is_lost_with_the_words_of_aplay(make: Make) -> None:
    with pytest.raises(Lost, match=r"aplay: .*audio open error: No such file or directory$"):
        make(player=("aplay", "-q", "-D", "no_such_card")).say((CALL_ID,))


def test_a_speaker_that_was_unplugged_speaks_again_when_it_is_back(make: Make, folder: Path) -> None:
    speaker = make()
    player.set_fault(folder, "unplugged")
    with pytest.raises(Lost, match="No such file or directory"):
        speaker.say((CALL_ID,))
    player.set_fault(folder, None)
    speaker.connect()
    speaker.say((CALL_ID,))
    assert len(player.played(folder)) == 1


def test_a_player_that_is_not_installed_is_missing(make: Make) -> None:
    with pytest.raises(Missing, match="'no-such-player' is not installed"):
        make(player=("no-such-player",))


def test_a_player_that_was_taken_away_is_missing_when_it_is_needed() -> None:
    with pytest.raises(Missing, match="cannot start 'no-such-player'"):
        EspeakSpeaker(player=("no-such-player",)).say((CALL_ID,))


def test_without_espeak_the_voice_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Missing, match="cannot start 'espeak-ng'"):
        EspeakSpeaker(player=(sys.executable,)).connect()


def test_a_voice_that_espeak_does_not_have_is_missing(make: Make) -> None:
    with pytest.raises(Missing, match="voice does not exist"):
        make(voices={"id": "id", "xx": "xx"})


def test_a_player_that_says_nothing_of_its_failure_still_has_failed(make: Make) -> None:
    with pytest.raises(Lost, match="false: ended with 1"):
        make(player=("false",)).say((CALL_ID,))


def test_a_player_that_does_not_end_is_killed_at_the_deadline(make: Make, folder: Path) -> None:
    speaker = make(timeout_s=0.5, chime=False)
    player.set_fault(folder, "stuck")
    began = time.monotonic()
    with pytest.raises(Timeout, match="did not end within"):
        speaker.say((Phrase("id", "satu"),))
    length_s = seconds(speaker.synthesise((Phrase("id", "satu"),)))
    assert length_s + 0.5 <= time.monotonic() - began < length_s + 20
    player.set_fault(folder, None)
    speaker.say((CALL_ID,))  # the card is free again: the player is dead
    assert [sound.ended_ns is None for sound in player.played(folder)] == [True, False]


def test_close_ends_what_is_being_played(make: Make, folder: Path) -> None:
    speaker = make()
    player.set_fault(folder, "stuck")
    with ThreadPoolExecutor() as pool:
        call = pool.submit(speaker.say, (CALL_ID,))
        until(lambda: len(player.played(folder)) == 1)
        speaker.close()
        with pytest.raises(Lost, match="ended with -9"):
            call.result(timeout=5)
    speaker.close()
    with pytest.raises(Lost, match="closed"):
        speaker.say((CALL_ID,))


# ---------------------------------------------------------------------------------- the simulated player


def run_player(folder: Path, sound: bytes, keep: int = 20) -> subprocess.CompletedProcess[bytes]:
    command = player.command(folder, speed=1_000, keep=keep)
    return subprocess.run(command, input=sound, capture_output=True, timeout=30, check=False)


def test_the_simulated_card_refuses_a_second_sound_while_one_is_played(make: Make, folder: Path) -> None:
    first, second = make(), make()
    player.set_fault(folder, "stuck")
    with ThreadPoolExecutor() as pool:
        call = pool.submit(first.say, (CALL_ID,))
        until(lambda: len(player.played(folder)) == 1)
        player.set_fault(folder, None)
        with pytest.raises(Lost, match="Device or resource busy"):
            second.say((CALL_EN,))
        first.close()
        with pytest.raises(Lost):
            call.result(timeout=5)


def test_the_simulated_player_keeps_the_last_sounds_and_their_notes(make: Make, folder: Path) -> None:
    sound = make().synthesise(())
    for _ in range(4):
        assert run_player(folder, sound, keep=2).returncode == 0
    assert [sound.file.name for sound in player.played(folder)] == ["000003.wav", "000004.wav"]
    assert sorted(file.name for file in folder.glob("*.wav")) == ["000003.wav", "000004.wav"]
    assert len((folder / "played.jsonl").read_text().splitlines()) == 4


@pytest.mark.parametrize("cut", [slice(0, 0), slice(0, 1_000), slice(50, None)])
def test_the_simulated_player_refuses_half_a_sound(make: Make, folder: Path, cut: slice) -> None:
    ended = run_player(folder, make().synthesise(())[cut])
    assert ended.returncode == 1
    assert b"read error" in ended.stderr
    assert player.played(folder) == ()


def test_the_simulated_player_starts_at_once(make: Make, folder: Path) -> None:
    sound = make().synthesise(())

    def processor_s() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert run_player(folder, sound).returncode == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert any(processor_s() < 0.1 for _ in range(30)), "also while others are busy, if tried often enough"

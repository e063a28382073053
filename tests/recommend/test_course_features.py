"""Covers, audio previews and texts of courses in numbers: measured at night, once until they change."""

import io
import sys
import threading
import wave
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.utils import timezone
from PIL import Image

from crossmarket.foundation import jobs, outward
from crossmarket.foundation.models import JobState
from profiles.models import Course
from recommend import looking, training_data
from recommend.models import CourseFeatures, FeatureKind
from recommend.perception import pictures, sentences, sounds
from recommend.perception.pictures import NoPicture, picture_features
from recommend.perception.sounds import NoSound, sound_features
from tests.factories import CourseFactory
from tests.partner import item, new_partner


def picture(colour: str = "red", size: tuple[int, int] = (40, 30), kind: str = "PNG") -> bytes:
    """A picture of one colour."""
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, kind)
    return file.getvalue()


def stripes(across: bool) -> bytes:
    """Black and white stripes that run across or down."""
    light = np.zeros((64, 64), np.uint8)
    (light if across else light.T)[::8] = 255
    file = io.BytesIO()
    Image.fromarray(light).save(file, "PNG")
    return file.getvalue()


def tone(hertz: float, seconds: float = 0.5, rate: int = 16_000, width: int = 2, channels: int = 1) -> bytes:
    """A WAV of one tone."""
    samples = 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)
    values = samples * (127 if width == 1 else (1 << (8 * width - 1)) - 1) + (128 if width == 1 else 0)
    kind = {1: "u1", 2: "<i2", 4: "<i4"}[width]
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(width)
        out.setframerate(rate)
        out.writeframes(np.repeat(values.astype(kind), channels).tobytes())
    return file.getvalue()


@dataclass
class Site:
    """A foreign site: what stands at its paths (bytes, or a status), and which were asked for."""

    url: str = ""
    pages: dict[str, bytes | int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    moved: dict[str, str] = field(default_factory=dict)


@pytest.fixture
def site(settings: Any) -> Iterator[Site]:
    """It runs on this very machine, which is allowed here."""
    settings.WEBHOOKS_TO_PRIVATE_NETWORKS = True
    made = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(self.path)
            page = made.pages.get(self.path, 404)
            status = 302 if self.path in made.moved else page if isinstance(page, int) else 200
            body = page if isinstance(page, bytes) else b""
            with suppress(OSError):
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", made.moved[self.path])
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


class TestPictures:
    def test_the_same_motif_is_alike_in_every_size_and_format(self) -> None:
        small, large = picture_features(stripes(True)), picture_features(picture(size=(900, 400)))
        assert small.shape == large.shape == (pictures.SIZE,)
        as_jpeg, as_webp = (picture_features(picture(kind=kind)) for kind in ("JPEG", "WEBP"))
        assert np.abs(as_jpeg - as_webp).max() < 0.1
        assert np.abs(large - picture_features(picture())).max() < 0.1

    def test_colours_light_and_directions_tell_pictures_apart(self) -> None:
        red, blue = picture_features(picture("red")), picture_features(picture("blue"))
        assert np.linalg.norm(red - blue) > 1
        across, down = picture_features(stripes(True)), picture_features(stripes(False))
        assert np.linalg.norm(across - down) > 1

    def test_what_shines_through_stands_on_white(self) -> None:
        file = io.BytesIO()
        Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(file, "PNG")
        np.testing.assert_allclose(picture_features(file.getvalue()), picture_features(picture("white")), atol=1e-5)

    @pytest.mark.parametrize("data", [b"", b"<svg/>", picture()[:60], b"\xff\xd8\xff" + b"\0" * 50, b"GIF89a"])
    def test_what_is_none_is_said(self, data: bytes) -> None:
        with pytest.raises(NoPicture, match="no picture that can be read"):
            picture_features(data)

    def test_pictures_that_would_fill_the_memory_are_not_unpacked(self) -> None:
        file = io.BytesIO()
        Image.new("1", (8_000, 8_000)).save(file, "PNG")
        assert len(file.getvalue()) < 500_000
        with pytest.raises(NoPicture):
            picture_features(file.getvalue())


class TestSounds:
    def test_high_and_low_tones_differ_whatever_the_file_looks_like(self) -> None:
        low, high = sound_features(tone(200)), sound_features(tone(3000))
        assert low.shape == (sounds.SIZE,)
        assert low[: sounds.BANDS].argmax() < high[: sounds.BANDS].argmax()
        for other in (
            tone(200, rate=8_000),
            tone(200, rate=44_100),
            tone(200, width=1),
            tone(200, width=4, channels=2),
        ):
            assert sound_features(other)[: sounds.BANDS].argmax() == low[: sounds.BANDS].argmax()

    @pytest.mark.parametrize("kind", ["FLAC", "OGG", "MP3"])
    def test_other_formats_are_listened_to_as_well(self, kind: str) -> None:
        import soundfile

        samples = 0.5 * np.sin(2 * np.pi * 200 * np.arange(16_000) / 16_000)
        file = io.BytesIO()
        soundfile.write(file, samples, 16_000, format=kind)
        assert sound_features(file.getvalue())[: sounds.BANDS].argmax() == sound_features(tone(200))[:40].argmax()

    def test_without_the_library_wav_is_read_and_others_are_said_not_to_be(self, monkeypatch: Any) -> None:
        monkeypatch.setitem(sys.modules, "soundfile", None)
        assert np.isfinite(sound_features(tone(300))).all()
        with pytest.raises(NoSound, match="install `soundfile`"):
            sound_features(b"OggS" + b"\0" * 100)

    def test_no_more_than_the_first_minute_is_listened_to(self) -> None:
        long = sound_features(tone(300, seconds=70, rate=4_000))
        np.testing.assert_allclose(long, sound_features(tone(300, seconds=60, rate=4_000)), atol=1e-4)

    @pytest.mark.parametrize("data", [b"", b"RIFF", b"no sound", tone(200, seconds=0.01), tone(200)[:50]])
    def test_what_is_none_is_said(self, data: bytes) -> None:
        with pytest.raises(NoSound):
            sound_features(data)

    def test_silence_has_numbers_too(self) -> None:
        assert np.isfinite(sound_features(tone(0))).all()


class TestSentences:
    def test_a_folder_without_a_model_is_said(self, tmp_path: Path) -> None:
        with pytest.raises(sentences.NoEncoder, match=r"modules\.json is missing"):
            sentences.encoder(tmp_path)

    def test_what_is_not_installed_is_said(self, tmp_path: Path, monkeypatch: Any) -> None:
        (tmp_path / "modules.json").write_text("[]")
        monkeypatch.setitem(sys.modules, "sentence_transformers", None)
        with pytest.raises(sentences.NoEncoder, match=r"pip install"):
            sentences.encoder(tmp_path)


class TestFetching:
    def test_what_stands_there_comes_whole_also_after_a_move(self, site: Site) -> None:
        site.pages["/b"] = b"\x00\xff" * 5_000
        site.moved["/a"] = "/b"
        assert outward.fetch(site.url + "/a", 10_000) == outward.Fetched(200, b"\x00\xff" * 5_000)

    def test_no_more_than_agreed_is_read(self, site: Site) -> None:
        site.pages["/a"] = b"x" * 101
        with pytest.raises(outward.NotSent, match="more than 100 bytes"):
            outward.fetch(site.url + "/a", 100)

    def test_moving_in_circles_ends(self, site: Site) -> None:
        site.moved["/a"] = "/a"
        with pytest.raises(outward.NotSent, match="leads to others"):
            outward.fetch(site.url + "/a", 100)
        assert len(site.asked) == 4

    def test_nothing_inside_is_reached_not_even_by_a_move(self, site: Site, settings: Any) -> None:
        settings.WEBHOOKS_TO_PRIVATE_NETWORKS = False
        for url in (
            site.url + "/a",
            "http://127.0.0.1/",
            "file:///etc/passwd",
            "http://localhost/",
            "ftp://x.example/",
        ):
            with pytest.raises(outward.NotSent):
                outward.fetch(url, 100)
        assert not site.asked


def look() -> dict[str, Any]:
    """Look at all courses in this process; the result of the job."""
    job = looking.enqueue_looking(to_worker=False)
    assert job is not None
    job = jobs.run(job.pk)
    assert job.state == JobState.SUCCEEDED, job.error
    return job.result


@pytest.mark.django_db
class TestLooking:
    def test_covers_and_previews_become_columns_for_training(self, site: Site) -> None:
        site.pages |= {"/red.png": picture("red"), "/tone.wav": tone(300)}
        seen = CourseFactory(title="看", cover_url=site.url + "/red.png")
        heard = CourseFactory(title="听", preview_url=site.url + "/tone.wav")
        CourseFactory(title="都没有")
        CourseFactory(title="自己的封面", cover_url="/covers/c1.png")
        assert look() == {"cover_measured": 1, "cover_faults": 0, "audio_measured": 1, "audio_faults": 0}
        data = training_data.load()
        descriptions = data.interactions.descriptions
        assert descriptions is not None
        assert descriptions.pictures is not None
        assert descriptions.sounds is not None
        assert descriptions.sentences is None
        is_seen, is_heard = (np.isfinite(part).all(axis=1) for part in (descriptions.pictures, descriptions.sounds))
        assert data.course_ids[is_seen].tolist() == [seen.pk]
        assert data.course_ids[is_heard].tolist() == [heard.pk]
        np.testing.assert_allclose(descriptions.pictures[is_seen][0], picture_features(picture("red")), atol=1e-6)

    def test_an_address_is_asked_once_until_it_changes(self, site: Site) -> None:
        site.pages |= {"/red.png": picture("red"), "/blue.png": picture("blue")}
        courses = [CourseFactory(title="看", cover_url=site.url + "/red.png") for _ in range(3)]
        look()
        assert look()["cover_measured"] == 0
        assert site.asked == ["/red.png"], "one address of three courses is asked once"
        Course.objects.filter(pk=courses[0].pk).update(cover_url=site.url + "/blue.png")
        assert look()["cover_measured"] == 1
        assert site.asked == ["/red.png", "/blue.png"]
        Course.objects.filter(pk=courses[1].pk).update(cover_url="")
        look()
        assert set(CourseFeatures.objects.values_list("course", flat=True)) == {courses[0].pk, courses[2].pk}

    def test_what_cannot_be_read_is_noted_and_tried_again_in_a_week(self, site: Site) -> None:
        site.pages |= {"/a.png": 500, "/b.png": b"nonsense"}
        for path in ("/a.png", "/b.png"):
            CourseFactory(title="看", cover_url=site.url + path)
        assert look() == {"cover_measured": 0, "cover_faults": 2, "audio_measured": 0, "audio_faults": 0}
        assert sorted(CourseFeatures.objects.values_list("fault", flat=True)) == [
            "The address answers with 500.",
            "This is no picture that can be read (UnidentifiedImageError).",
        ]
        assert look()["cover_faults"] == 0
        CourseFeatures.objects.update(looked_at=timezone.now() - timedelta(days=8))
        site.pages["/a.png"] = picture()
        assert look()["cover_measured"] == 1
        assert CourseFeatures.objects.get(fault="").vector

    def test_one_night_asks_so_many_addresses_and_the_next_goes_on(self, site: Site, monkeypatch: Any) -> None:
        monkeypatch.setattr(looking, "MOST_A_NIGHT", 2)
        for number in range(3):
            site.pages[f"/{number}.png"] = picture()
            CourseFactory(title="看", cover_url=f"{site.url}/{number}.png")
        assert [look()["cover_measured"] for _night in range(3)] == [2, 1, 0]

    def test_addresses_inside_are_never_asked(self, site: Site, settings: Any) -> None:
        settings.WEBHOOKS_TO_PRIVATE_NETWORKS = False
        CourseFactory(title="看", cover_url=site.url + "/a.png")
        assert look()["cover_faults"] == 1
        assert not site.asked

    def test_where_nothing_is_to_be_looked_at_there_is_no_job(self) -> None:
        CourseFactory(title="没有封面")
        assert looking.enqueue_looking() is None
        call_command("look_at_courses", "--here")

    def test_texts_are_read_by_an_encoder_where_one_is_set(
        self, settings: Any, monkeypatch: Any, tmp_path: Path
    ) -> None:
        course = CourseFactory(title="机器学习", text="入门")
        settings.SENTENCE_MODEL = str(tmp_path)
        assert "text_measured" not in look(), "there is no model in the folder, which the log says"
        lengths = SimpleNamespace(encode=lambda texts, **_: np.array([[len(text), 1.0] for text in texts]))
        monkeypatch.setattr(sentences, "encoder", lambda folder: lengths)
        assert look()["text_measured"] == 1
        descriptions = training_data.load().interactions.descriptions
        assert descriptions is not None
        assert descriptions.sentences is not None
        assert descriptions.sentences.tolist() == [[len(f"机器学习 {course.tags_text} 入门"), 1.0]]

    def test_features_measured_in_another_way_are_left_out(self, site: Site) -> None:
        site.pages["/red.png"] = picture("red")
        old, new = (CourseFactory(title="看", cover_url=site.url + "/red.png") for _ in range(2))
        look()
        CourseFeatures.objects.filter(course=old).update(vector=b"\0" * 8, looked_at=timezone.now() - timedelta(days=1))
        descriptions = training_data.load().interactions.descriptions
        assert descriptions is not None
        assert descriptions.pictures is not None
        assert np.isfinite(descriptions.pictures).all(axis=1).sum() == 1
        assert CourseFeatures.objects.filter(course=new, kind=FeatureKind.COVER).exists()


@pytest.mark.django_db
def test_platforms_may_say_where_a_preview_is() -> None:
    shop = new_partner("shop")
    address = "https://cdn.example/c1.mp3"
    assert shop.put("/items/c1", {**item("c1"), "preview_url": address}).status_code == 201
    assert Course.objects.get(item_id="c1").preview_url == address
    refused = shop.put("/items/c1", {**item("c1"), "preview_url": "javascript:alert(1)"})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_url")

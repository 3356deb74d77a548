"""Sounds, videos, pages, 3D objects, molecules, figures, graphs and histograms: their files and their JSON."""

from __future__ import annotations

import io
import json
import wave

import numpy as np
import pytest
from PIL import Image as PillowImage

import wandb_nb as wandb
from wandb_nb.errors import MediaError

RNG = np.random.default_rng(2)
FRAMES = RNG.integers(0, 255, (5, 3, 16, 20), dtype=np.uint8)

# Programs whose rows and whose files, byte by byte, are those of the official package.
SAME_BYTES = {
    "audio": "t = np.sin(np.arange(800) / 10)\n"
    "run.log({'a': wandb.Audio(t, sample_rate=8000, caption='beep')})\n"
    "run.log({'stereo': wandb.Audio(np.stack([t, t / 2], 1), sample_rate=16000)})\n"
    "run.log({'f32': wandb.Audio(t.astype(np.float32), sample_rate=4000)})\n"
    "run.log({'i16': wandb.Audio((t * 20000).astype(np.int16), sample_rate=8000)})\n"
    "run.log({'i32': wandb.Audio((t * 2**30).astype(np.int32), sample_rate=8000)})\n"
    "run.log({'loud': wandb.Audio(rng.random(100000) * 4 - 2, sample_rate=44100)})\n"
    "run.log({'list': wandb.Audio([0.0, .5, -.5, 1.0, -1.0, 2.0, -2.0, 1e-5], sample_rate=100)})",
    "audio list": "a = wandb.Audio(np.zeros(10), sample_rate=100)\n"
    "run.log({'l': [a, wandb.Audio(np.ones(9), sample_rate=90, caption='q')]})\n"
    "run.log({'m': [wandb.Audio(np.zeros(7), sample_rate=100)]})",
    "audio path": "import soundfile\nsoundfile.write('x.wav', np.zeros(50), 8000)\n"
    "soundfile.write('y.wav', np.zeros(60), 8000)\n"
    "run.log({'p': wandb.Audio('x.wav')})\nrun.log({'l': [wandb.Audio('y.wav', caption='c')]})",
    "html": "run.log({'a': wandb.Html('<b>x</b>')})\n"
    "run.log({'b': wandb.Html('<html><head></head><body>y</body></html>')})\n"
    "run.log({'c': wandb.Html('<html><body>z</body></html>\\n')})\n"
    "run.log({'d': wandb.Html('<i>raw</i>', inject=False)})\n"
    "open('h.html', 'w').write('<p>file</p>\\n')\n"
    "run.log({'e': wandb.Html('h.html'), 'f': wandb.Html('h.html', data_is_not_path=True)})\n"
    "run.log({'g': wandb.Html(open('h.html'), inject=False), 'l': [wandb.Html('1'), wandb.Html('2')]})",
    "points": "run.log({'a': wandb.Object3D(rng.random((5, 3)))})\n"
    "run.log({'b': wandb.Object3D(np.c_[rng.random((3, 3)), [1, 2, 14]], caption='c')})\n"
    "run.log({'c': wandb.Object3D(np.c_[rng.random((50, 3)), rng.integers(0, 255, (50, 3))])})\n"
    "run.log({'d': [wandb.Object3D(rng.random((5, 3)), caption='q'), wandb.Object3D(rng.random((2, 3)))]})\n"
    "run.log({'e': wandb.Object3D.from_numpy(np.zeros((2, 3), int))})",
    "scene": "box = wandb.box3d(center=np.array([0., 1, 2]), size=np.array([1., 2, 3]), "
    "orientation=np.array([1., 0, 0, 0]), color=[1, 2, 3], label='L', score=.5)\n"
    "arrow = {'start': [0, 0, 0], 'end': [1, 1, 1]}\n"
    "scene = {'type': 'lidar/beta', 'points': rng.random((40, 3)), 'boxes': np.array([box]), "
    "'vectors': np.array([arrow])}\n"
    "run.log({'s': wandb.Object3D(scene)})\n"
    "run.log({'p': wandb.Object3D.from_point_cloud(points=[[1, 2, 3]], boxes=[box], vectors=None)})",
    "models": "open('t.obj', 'w').write('v 0 0 0\\n')\nopen('x.pdb', 'w').write('HEADER x\\n')\n"
    "open('y.pdb', 'w').write('HEADER y\\n')\nopen('u.obj', 'w').write('v 1\\n')\n"
    "run.log({'o': wandb.Object3D('t.obj'), 'io': wandb.Object3D(open('u.obj'), file_type='obj')})\n"
    "run.log({'m': wandb.Molecule('x.pdb', caption='mc')})\n"
    "run.log({'l': [wandb.Molecule(open('y.pdb'))]})",
    "graph": "g = wandb.Graph()\n"
    "g.add_node(id='1', name='n1', class_name='Dense', size=[3, 4], parameters=['a'], output_shape=[3], "
    "is_output=True, num_parameters=12)\n"
    "g.add_node(id='2', name='n2')\n"
    "g.add_edge(g.nodes_by_id['1'], g.nodes_by_id['2'])\nrun.log({'g': g})",
    "plotly": "import plotly.graph_objects as go\n"
    "run.log({'a': go.Figure(go.Scatter(x=[1, 2], y=[3, 4]))})\n"
    "run.log({'b': wandb.Plotly(go.Figure(go.Scatter(x=np.arange(3), y=np.arange(3.) / 3)))})\n"
    "run.log({'c': [wandb.Plotly(go.Figure())]})",
    "histogram": "run.log({'a': wandb.Histogram([1, 2, 3]), 'b': wandb.Histogram(rng.random((4, 5)), num_bins=3)})\n"
    "run.log({'c': wandb.Histogram(np_histogram=np.histogram([1, 2, 3])), 'd': [wandb.Histogram([1, 2])]})\n"
    "run.log({'e': wandb.Histogram([]), 'f': wandb.Histogram([5], num_bins=2)})",
    "mixed": "run.log({'m': [wandb.Html('x'), wandb.Object3D(np.zeros((1, 3)))]})",
    "video path": "open('v.mp4', 'wb').write(bytes(range(99)))\n"
    "open('w.mp4', 'wb').write(bytes(range(98)))\n"
    "run.log({'p': wandb.Video('v.mp4', caption='x')})\nrun.log({'l': [wandb.Video('w.mp4')]})",
}


@pytest.mark.official
@pytest.mark.parametrize("name", SAME_BYTES)
def test_rows_and_bytes_are_the_official_ones(both, name):
    """The JSON in the rows and all files, with their names, are those of 0.31, byte by byte."""
    ours, official = both(SAME_BYTES[name])
    assert ours.rows == official.rows
    assert ours.files == official.files


def test_the_bytes_are_those_of_libsndfile():
    """Floats of both widths are rounded to 16 bits exactly as libsndfile rounds them, also near full scale."""
    soundfile = pytest.importorskip("soundfile")
    for kind in (np.float32, np.float64):
        samples = (RNG.random(200_000) * 2.4 - 1.2).astype(kind)
        file = io.BytesIO()
        soundfile.write(file, samples, 8000, format="WAV")
        assert wandb.Audio(samples, sample_rate=8000).content.data == file.getvalue()


def test_samples_need_no_library():
    """A sound of two channels is a WAV file that the standard library reads."""
    content = wandb.Audio(np.zeros((100, 2)), sample_rate=44100).content
    with wave.open(io.BytesIO(content.data)) as reader:
        assert (reader.getnchannels(), reader.getframerate(), reader.getnframes()) == (2, 44100, 100)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: wandb.Audio([0.0]), "needs their rate: give sample_rate"),
        (lambda: wandb.Video(FRAMES, format="avi"), "format='avi' is not possible: give one of gif, mp4, webm, ogg"),
        (lambda: wandb.Video(io.BytesIO(b"")), "an open file needs a format"),
        (lambda: wandb.Html(5), "give text, a path or an open file"),
        (lambda: wandb.Object3D("a.png"), "of type 'png' is not possible"),
        (lambda: wandb.Object3D({"points": []}), "a scene of type None is not possible: give 'lidar/beta'"),
        (lambda: wandb.Molecule("a.foo"), "type 'foo' is not possible"),
        (lambda: wandb.Histogram([1], num_bins=1000), "give 1 to 512"),
        (lambda: wandb.Histogram(np_histogram=([1, 2], [0, 1])), "needs one more edge, got 2"),
        (lambda: wandb.Histogram(["a", "b"]), "a histogram cannot be made of list"),
        (lambda: wandb.Graph().add_edge(1, 2), "the graph has no node 1"),
        (lambda: wandb.box3d(center=[0], size=[1, 2, 3], orientation=[1, 0, 0, 0], color=[0, 0, 0]), "takes 3 numbers"),
    ],
)
def test_impossible_arguments_are_refused(make, message):
    """The constructor names the argument and what is possible."""
    with pytest.raises(MediaError, match=message):
        make()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: wandb.Audio("no.wav"), "there is no file no.wav for a sound"),
        (lambda: wandb.Audio(np.zeros((2, 2, 2)), sample_rate=1), r"shape \(2, 2, 2\): give samples of shape"),
        (lambda: wandb.Audio(["a"], sample_rate=1), "a sound cannot be made of samples of"),
        (lambda: wandb.Video(FRAMES[0]), r"a video cannot be made of ndarray of shape \(3, 16, 20\)"),
        (lambda: wandb.Object3D(np.zeros((3, 5))), r"a 3D object cannot be made of ndarray of shape \(3, 5\)"),
        (lambda: wandb.Molecule("no.pdb"), "there is no file no.pdb for a molecule"),
        (lambda: wandb.Plotly(5), "cannot be made of int: give a figure of plotly or matplotlib"),
    ],
)
def test_data_that_cannot_be_encoded_is_reported_when_logged(start, capsys, make, message):
    """Making the object succeeds; `log()` reports the key and the reason, and stores the rest of the row."""
    run = start(settings={"silent": False})
    run.log({"bad": make(), "loss": 1})
    printed = capsys.readouterr().err
    assert "cannot log 'bad': " in printed
    assert __import__("re").search(message, printed), printed
    assert run.summary["loss"] == 1
    assert "bad" not in run.summary


@pytest.mark.parametrize("form", ["gif", "mp4", "webm"])
def test_frames_become_a_video(logged, form):
    """Every format has all frames in their size, and says so in the row."""
    pytest.importorskip("av")
    run = logged({"v": wandb.Video(FRAMES, fps=4, format=form, caption="c")})
    row = run.rows[0]["v"]
    assert (row["width"], row["height"], row["caption"]) == (20, 16, "c")
    sizes, count, pixels = decoded(run.files[row["path"]], form)
    assert (sizes, count) == ((20, 16), 5)
    assert abs(pixels.mean() - FRAMES.mean()) < 15


def decoded(data: bytes, form: str) -> tuple[tuple[int, int], int, np.ndarray]:
    """Return size, number of frames and the pixels of the first one."""
    if form == "gif":
        with PillowImage.open(io.BytesIO(data)) as film:
            return film.size, film.n_frames, np.asarray(film.convert("RGB"))
    import av  # an extra

    with av.open(io.BytesIO(data)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return (frames[0].shape[1], frames[0].shape[0]), len(frames), frames[0]


@pytest.mark.parametrize(("count", "size"), [(1, (20, 16)), (2, (40, 16)), (3, (80, 16)), (4, (40, 32)), (5, (80, 32))])
def test_a_batch_is_tiled_as_the_official_client_does(logged, count, size):
    """Videos of a batch are side by side, their number rounded up to a power of two."""
    row = logged({"v": wandb.Video(np.stack([FRAMES] * count))}).rows[0]["v"]
    assert (row["width"], row["height"]) == size


def test_frames_of_one_channel_of_floats_and_of_odd_sizes(logged):
    """Grey frames from 0 to 1 become a GIF, and an odd size is no obstacle for other formats."""
    pytest.importorskip("av")
    grey = wandb.Video(np.full((2, 1, 7, 9), 1.0))
    run = logged({"grey": grey, "odd": wandb.Video(FRAMES[:, :, :15, :19], format="mp4")})
    assert decoded(run.files[run.rows[0]["grey"]["path"]], "gif")[2].min() == 255
    assert decoded(run.files[run.rows[0]["odd"]["path"]], "mp4")[1] == 5


def test_a_missing_codec_is_one_clear_line(start, capsys, monkeypatch):
    """Without the package of the encoders the video is dropped, and the line says what to install."""
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    run = start(settings={"silent": False})
    run.log({"film": wandb.Video(FRAMES, format="mp4"), "loss": 1})
    assert (
        "cannot log 'film': a video as mp4 needs the package av: pip install 'wandb-nb[media]'"
        in capsys.readouterr().err
    )
    assert run.summary["loss"] == 1


def test_bare_figures_of_other_libraries(logged):
    """Figures of Plotly and Bokeh and charts of Altair need no wrapping; lists of them are lists of their JSON."""
    altair, bokeh = pytest.importorskip("altair"), pytest.importorskip("bokeh.plotting")
    plotly = pytest.importorskip("plotly.graph_objects")
    figure = bokeh.figure()
    figure.line([1, 2], [3, 4])
    chart = altair.Chart(altair.Data(values=[{"x": 1}])).mark_point().encode(x="x:Q")
    row = logged({"p": plotly.Figure(), "l": [plotly.Figure()], "b": figure, "a": chart}).rows[0]
    kinds = [row["p"]["_type"], row["l"][0]["_type"], row["b"]["_type"], row["a"]["_type"]]
    assert kinds == ["plotly-file", "plotly-file", "bokeh-file", "html-file"]


@pytest.mark.official
def test_a_bokeh_document_has_the_official_form(both):
    """The JSON of a figure has the entries that the official file has; the ids in it are chance."""
    program = "from bokeh.plotting import figure\np = figure()\np.line([1, 2], [3, 4])\n"
    ours, official = both(program + "run.log({'b': wandb.data_types.Bokeh(p)})")
    (one,), (other,) = ours.files.values(), official.files.values()
    assert json.loads(one).keys() == json.loads(other).keys()
    assert len(json.loads(one)["roots"]) == len(json.loads(other)["roots"])


def test_secrets_in_a_page_are_removed(logged, monkeypatch):
    """A key in the text of a page is not stored."""
    secret = "c0ffee" + "9f8e7d6c5b4a39281706f5e4d3c2b1a0" + "de"
    monkeypatch.setenv("SERVICE_API_KEY", secret)
    ((_, data),) = logged({"h": wandb.Html(f"<b>{secret}</b>")}).files.items()
    assert secret.encode() not in data
    assert b"[redacted]" in data


def test_a_histogram_leaves_out_what_is_not_finite():
    """NaN and infinities are not counted, and a list of them alone is empty."""
    assert sum(wandb.Histogram([1.0, np.nan, 2.0, np.inf]).histogram) == 2
    assert sum(wandb.Histogram([np.nan]).histogram) == 0


def test_a_keras_model_becomes_a_graph():
    """Layers are nodes with their class and shape, connected in their order where nothing else is known."""

    class Layer:
        """A layer with what Keras's have."""

        def __init__(self, name: str) -> None:
            self.name, self.built, self.output_shape = name, True, (None, 3)

        def count_params(self) -> int:
            """Return the number of parameters."""
            return 7

    class Model:
        """A model of two layers."""

        layers = (Layer("a"), Layer("b"))

    graph = wandb.Graph.from_keras(Model())
    assert [(node.id, node.class_name, node.num_parameters) for node in graph.nodes] == [
        ("a", "Layer", 7),
        ("b", "Layer", 7),
    ]
    assert [(start.id, end.id) for start, end in graph.edges] == [("a", "b")]

"""Ultralytics: a small detector trained for two epochs on squares; its callbacks log metrics, plots and the model."""

from pathlib import Path

import numpy as np
from PIL import Image
from ultralytics import YOLO, settings

settings.update({"wandb": True})
dice = np.random.default_rng(0)
for part in ("train", "val"):
    for kind in ("images", "labels"):
        Path("squares", kind, part).mkdir(parents=True)
    for number in range(8):
        pixels = dice.integers(0, 60, (64, 64, 3), dtype=np.uint8)
        x, y = dice.integers(8, 40, 2)
        pixels[y : y + 16, x : x + 16] = 250
        Image.fromarray(pixels).save(f"squares/images/{part}/{number}.png")
        label = f"0 {(x + 8) / 64} {(y + 8) / 64} 0.25 0.25\n"
        Path(f"squares/labels/{part}/{number}.txt").write_text(label)
Path("squares.yaml").write_text(
    f"path: {Path('squares').resolve()}\ntrain: images/train\nval: images/val\nnames: [square]\n"
)
model = YOLO("yolov8n.yaml")
model.train(
    data="squares.yaml",
    epochs=2,
    imgsz=64,
    batch=4,
    workers=0,
    device="cpu",
    project="programs",
    name="squares",
    seed=0,
    amp=False,
)

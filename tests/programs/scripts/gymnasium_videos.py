"""gymnasium with monitor_gym: the clip of each episode is a row of its own between the program's."""

import gymnasium
import wandb
from gymnasium.wrappers import RecordVideo

with wandb.init(project="programs", name="gymnasium", monitor_gym=True) as run:
    environment = gymnasium.make("CartPole-v1", render_mode="rgb_array", max_episode_steps=12)
    environment = RecordVideo(environment, "videos", episode_trigger=lambda _: True, disable_logger=True)
    for episode in range(2):
        environment.reset(seed=episode)
        ended, total = False, 0.0
        while not ended:
            _, reward, terminated, truncated, _ = environment.step(episode)
            ended, total = terminated or truncated, total + reward
        run.log({"episode": episode, "return": total})
    environment.close()

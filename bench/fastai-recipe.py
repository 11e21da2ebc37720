"""The lesson's recipe by fastai, on a folder of pictures per class: what `ursa bench recipe` compares with. Needs fastai and timm.

Arguments: folder, seed, the safetensors file with the backbone's weights (timm's names). Answers one line of JSON.
Lite0 with fastai's head; 4 epochs frozen at 3e-3, the finder, 2 epochs unfrozen with slice(valley, 3e-4).
"""

import json
import sys
import tempfile
import time

import timm
from fastai.vision.all import (CrossEntropyLossFlat, ImageDataLoaders, Learner, Normalize, Resize, SuggestionMethod, apply_init,
                               aug_transforms, create_head, error_rate, nn, params, set_seed)
from safetensors.torch import load_file

STATISTICS = ((127 / 255,) * 3, (128 / 255,) * 3)


def valley_of(learner):
    """fastai's suggestion; where it finds no valley it fails with IndexError, and the lesson's slice starts at a third of its top."""
    try:
        return learner.lr_find(suggest_funcs=(SuggestionMethod.Valley,), show_plot=False).valley
    except IndexError:
        return 1e-4


def main(folder, seed, weights, scratch):
    set_seed(int(seed), reproducible=True)
    loaders = ImageDataLoaders.from_folder(folder, valid_pct=0.2, seed=int(seed), item_tfms=Resize(256), bs=64, num_workers=2,
                                           batch_tfms=[*aug_transforms(size=224), Normalize.from_stats(*STATISTICS)])
    body = timm.create_model("tf_efficientnet_lite0", num_classes=0, global_pool="")
    body.load_state_dict(load_file(weights), strict=False)
    head = create_head(body.num_features, loaders.c)
    apply_init(head, nn.init.kaiming_normal_)
    model = nn.Sequential(body, head)
    learner = Learner(loaders, model, loss_func=CrossEntropyLossFlat(), metrics=error_rate, path=scratch,
                      splitter=lambda m: [params(m[0].conv_stem) + params(m[0].bn1) + params(m[0].blocks[:5]),
                                          params(m[0].blocks[5:]) + params(m[0].conv_head) + params(m[0].bn2), params(m[1])])
    seconds, errors = {}, {}

    def timed(name, work):
        started = time.perf_counter()
        result = work()
        seconds[name] = time.perf_counter() - started
        return result

    with learner.no_bar(), learner.no_logging():
        learner.freeze()
        timed("stage-1", lambda: learner.fit_one_cycle(4, 3e-3))
        errors["stage-1"] = float(learner.recorder.values[-1][-1])
        learner.unfreeze()
        valley = timed("lr-find", lambda: valley_of(learner))
        timed("stage-2", lambda: learner.fit_one_cycle(2, slice(min(valley, 1e-4), 3e-4)))
        errors["stage-2"] = float(learner.recorder.values[-1][-1])
    print(json.dumps({"stages": [{"name": name, "seconds": seconds[name], "errorRate": errors.get(name)} for name in seconds]}))


if __name__ == "__main__":
    # The finder keeps the weights it starts from in a file; beside the pictures it would make one more class of them.
    with tempfile.TemporaryDirectory() as scratch:
        main(*sys.argv[1:], scratch)

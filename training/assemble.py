"""What came back from the training as the reference's own files: s1 and s2 containers, the SSL encoder's folder.

``assemble.py TRAINED TOKENIZER OUT``: TRAINED holds s1.pt and s2.pt, TOKENIZER hubert/ and the SoVITS file's
tokenizer.pt (with the whole quantizer).
"""

import json
import shutil
import sys
from collections import OrderedDict
from pathlib import Path

import torch
from networks import GPT_CONFIG, SOVITS_CONFIG, gpt, sovits


def main() -> None:
    trained, tokenizer, out = map(Path, sys.argv[1:4])
    out.mkdir(parents=True, exist_ok=True)
    acoustic = torch.load(trained / "s2.pt", map_location="cpu")
    acoustic.update(torch.load(tokenizer / "tokenizer.pt", map_location="cpu"))
    want = {k: v.shape for k, v in sovits("cpu").state_dict().items() if not k.startswith("enc_q.")}
    assert {k: v.shape for k, v in acoustic.items()} == want, set(want) ^ set(acoustic)
    steps = torch.load(trained / "s2_rest.pt", map_location="cpu")["step"]
    weight = OrderedDict((k, acoustic[k].half()) for k in want)
    torch.save(
        OrderedDict(
            weight=weight,
            config=json.loads(json.dumps(SOVITS_CONFIG)),
            info=f"starter_{steps}iteration",
        ),
        out / "starter-s2.pth",
    )
    decoder = torch.load(trained / "s1.pt", map_location="cpu")
    assert decoder.keys() == gpt("cpu").state_dict().keys()
    assert not decoder["bert_proj.weight"].any()
    weight = OrderedDict(("model." + k, v.half()) for k, v in decoder.items())
    torch.save(
        OrderedDict(weight=weight, config=json.loads(json.dumps(GPT_CONFIG)), info="starter"),
        out / "starter-s1.ckpt",
    )
    shutil.copytree(tokenizer / "hubert", out / "hubert", dirs_exist_ok=True)
    for path in sorted(out.rglob("*.*")):
        print(path.relative_to(out), path.stat().st_size)


if __name__ == "__main__":
    main()

"""What the reference's own modules make of the assembled checkpoints, for `tests/parity/test_starter_voice.py`.

``expected.py FOLDER`` with FOLDER as `assemble.py` leaves it, and `references/` in it; greedy, without noise, on
the CPU in float32. Then ``DORA_MLX_TTS_STARTER=FOLDER pytest tests/parity/test_starter_voice.py``.
"""

import json
import sys
from pathlib import Path

import numpy as np
import soundfile
import soxr
import torch
from data import spectrogram
from encode import PROMPT_SILENCE
from networks import SAMPLE_RATE, gpt, sovits

from dora_mlx_tts.text.frontend import FrontEnd

TEXTS = {
    "en": "Hello, this is your assistant speaking, how can I help you?",
    "zh": "你好，我是你的语音助手，请问有什么可以帮你？",
}
SETTINGS = {"top_k": 1, "repetition_penalty": 1.35, "temperature": 1.0, "noise_scale": 0.0}
MOST_TOKENS = 2700


class Reference:
    """The reference's networks, in the order of its inference."""

    def __init__(self, folder: Path) -> None:
        from transformers import HubertModel

        self.hubert = HubertModel.from_pretrained(folder / "hubert", dtype=torch.float32).eval()
        self.sovits, self.gpt = sovits("cpu").eval(), gpt("cpu").eval()
        state = torch.load(folder / "starter-s2.pth", map_location="cpu", weights_only=False)
        weight = {k: v.float() for k, v in state["weight"].items()}
        self.sovits.load_state_dict(weight, strict=False)  # the posterior encoder is not there
        state = torch.load(folder / "starter-s1.ckpt", map_location="cpu", weights_only=False)
        weight = {k.removeprefix("model."): v.float() for k, v in state["weight"].items()}
        self.gpt.load_state_dict(weight)

    @torch.no_grad()
    def speak(self, wave: np.ndarray, prompt_phones: list[int], phones: list[int]):
        """Prompt codes, codes and waveform."""
        low = torch.from_numpy(soxr.resample(wave, SAMPLE_RATE, 16_000))
        padded = torch.nn.functional.pad(low, (0, PROMPT_SILENCE))[None]
        hidden = self.hubert(padded).last_hidden_state.transpose(1, 2)
        prompt = self.sovits.extract_latent(hidden)[0, 0]
        x = torch.tensor([prompt_phones + phones])
        y, new = self.gpt.infer_panel(
            x,
            torch.tensor([x.shape[1]]),
            prompt[None],
            torch.zeros(1, 1024, x.shape[1]),
            top_k=SETTINGS["top_k"],
            temperature=SETTINGS["temperature"],
            repetition_penalty=SETTINGS["repetition_penalty"],
            early_stop_num=MOST_TOKENS,
        )
        codes = y[:, -new:].unsqueeze(0)
        magnitudes = spectrogram(torch.from_numpy(wave)[None])
        out = self.sovits.decode(codes, torch.tensor([phones]), [magnitudes], noise_scale=0.0)
        return prompt.numpy(), codes[0, 0].numpy(), out[0, 0].numpy()


def main() -> None:
    folder = Path(sys.argv[1])
    (folder / "expected").mkdir(exist_ok=True)
    reference, front_end = Reference(folder), FrontEnd("v2")
    for entry in json.loads((folder / "references" / "references.json").read_text("utf-8")):
        wave, _ = soundfile.read(folder / entry["file"], dtype="float32")
        text = TEXTS[entry["lang"]]
        phones = front_end.phonemize(text, entry["lang"]).ids.tolist()
        prompt, codes, out = reference.speak(wave, entry["phones"], phones)
        np.savez_compressed(
            folder / "expected" / f"{entry['name']}.npz",
            text=text,
            lang=entry["lang"],
            ref_phones=np.array(entry["phones"]),
            phones=np.array(phones),
            prompt_codes=prompt,
            codes=codes,
            wav=out.astype(np.float32),
            early_stop_num=MOST_TOKENS,
            **SETTINGS,
        )
        print(entry["name"], len(prompt), len(codes), out.shape, np.abs(out).max())


if __name__ == "__main__":
    main()

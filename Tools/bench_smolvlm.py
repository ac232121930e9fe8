"""Other engines with SmolVLM for `Scripts/bench engine`: answers `<operation> <count>` lines with `ok <seconds>`.

    bench_smolvlm.py torch FOLDER PICTURE THREADS   operations: first_token, caption N (tokens), decode N (tokens; seconds of one),
                                                    train_full N, train_cached N (photos), bits (of its numbers, instead of seconds)
    bench_smolvlm.py llama FOLDER PICTURE THREADS   operations: first_token, decode N

FOLDER is a checkpoint of Tools/random_smolvlm.py; llama.cpp reads what Tools/gguf_smolvlm.py made of it there.

transformers: `first_token` goes from the decoded picture through the processor on Pillow (not tiled) to the first word, `caption` to N words,
greedily and without `generate`, which would cost this side more. `train_full` is a step of MyVLM's loop as published: vision tower, connector,
language model over the whole sequence, back to the concept row behind the visual tokens, AdamW; the loop changes its pictures in every step, so
the tower is part of it (its pixels are not). `train_cached` is given the keys and values of what stands before the row. Everything with
transformers' own attention, in bf16, or in 32 bits where a product of the tower's size is faster so, as on processors without instructions for
bf16. The regulariser is left out, which favours this side.

llama.cpp: `first_token` goes from the pixel values of the whole picture, which its own preprocessing made before; the tiles that it always cuts
are left out.
"""

import time

from peer_loop import serve

TARGET = 12
BEFORE = "<|im_start|>User:<fake_token_around_image><global-img>"
BEHIND = "<fake_token_around_image>Please caption this image.<end_of_utterance>\nAssistant:"


def faster(torch):
    """The number format in which a product of the tower's size takes less time here."""

    def seconds(dtype):
        rows, weights = torch.randn(1024, 768).to(dtype), torch.randn(3072, 768).to(dtype)
        times = []
        for _ in range(3):
            start = time.perf_counter()
            torch.nn.functional.linear(rows, weights)
            times.append(time.perf_counter() - start)
        return min(times)

    return min([torch.bfloat16, torch.float32], key=seconds)


def pytorch(folder, picture, threads):
    import torch
    from PIL import Image
    from tokenizers import Tokenizer
    from transformers import Idefics3ForConditionalGeneration, Idefics3ImageProcessor

    torch.set_num_threads(int(threads))
    torch.manual_seed(0)
    dtype = faster(torch)
    model = Idefics3ForConditionalGeneration.from_pretrained(folder, dtype=dtype).eval().requires_grad_(False)
    processor = Idefics3ImageProcessor.from_pretrained(folder)
    tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
    image = Image.open(picture).convert("RGB")
    image.load()
    config, text = model.config, model.model.text_model
    side = config.vision_config.image_size
    count_of_tokens = (side // config.vision_config.patch_size // config.scale_factor) ** 2
    leading, prompt = (tokenizer.encode(part, add_special_tokens=False).ids for part in (BEFORE, BEHIND))
    ids = torch.tensor([leading + [config.image_token_id] * count_of_tokens + prompt])
    target = torch.arange(100, 100 + TARGET)[None]
    concept = torch.nn.Parameter(torch.randn(1, 1, config.text_config.hidden_size))
    optimizer = torch.optim.AdamW([concept], lr=1.0)

    def embed(tokens, count):
        return text.embed_tokens(torch.tensor([tokens])).expand(count, -1, -1)

    def begin():
        inputs = processor(images=[image], do_image_splitting=False, return_tensors="pt")
        return model(
            input_ids=ids, pixel_values=inputs.pixel_values.to(dtype), pixel_attention_mask=inputs.pixel_attention_mask,
            use_cache=True, logits_to_keep=1)

    def follow(output, count):
        for _ in range(count):
            output = model(
                input_ids=output.logits[:, -1:].argmax(-1), past_key_values=output.past_key_values, use_cache=True, logits_to_keep=1)

    def caption(count):
        start = time.perf_counter()
        with torch.no_grad():
            follow(begin(), count - 1)
        return time.perf_counter() - start

    def decode(count):
        with torch.no_grad():
            output = begin()
            start = time.perf_counter()
            follow(output, count)
        return (time.perf_counter() - start) / count

    def pixels(count):
        return torch.randn(count, 1, 3, side, side, dtype=dtype)

    def see(pixel_values):
        with torch.no_grad():
            rows = model.model.get_image_features(pixel_values)
            rows = rows.flatten(0, 1).unflatten(0, (len(pixel_values), -1))
            return torch.cat([embed(leading, len(rows)), rows], dim=1), rows[:, :1].float().norm(dim=-1, keepdim=True)

    def train(pixel_values=None, before=None, norm=None, cache=None):
        count = len(pixel_values if pixel_values is not None else norm)
        start = time.perf_counter()
        optimizer.zero_grad()
        if pixel_values is not None:
            before, norm = see(pixel_values)
        row = (torch.nn.functional.normalize(concept, dim=-1) * norm).to(dtype)
        said = torch.cat([embed(prompt, count), text.embed_tokens(target[:, :-1]).expand(count, -1, -1)], dim=1)
        rows = torch.cat([row, said] if cache is not None else [before, row, said], dim=1)
        hidden = text(inputs_embeds=rows, past_key_values=cache, use_cache=cache is not None).last_hidden_state
        logits = model.lm_head(hidden[:, -TARGET:])
        loss = torch.nn.functional.cross_entropy(logits.float().flatten(0, 1), target.expand(count, -1).flatten())
        loss.backward()
        optimizer.step()
        return time.perf_counter() - start

    def train_cached(count):
        before, norm = see(pixels(count))
        with torch.no_grad():
            cache = text(inputs_embeds=before, use_cache=True).past_key_values
        return train(norm=norm, cache=cache)

    return {
        "first_token": lambda count: caption(1), "caption": caption, "decode": decode,
        "train_full": lambda count: train(pixels(count)), "train_cached": train_cached, "bits": lambda count: 8 * dtype.itemsize,
    }


def llama(folder, picture, threads):
    import ctypes
    import json

    import llama_cpp
    import numpy as np
    from llama_cpp import mtmd_cpp
    from PIL import Image
    from tokenizers import Tokenizer

    def checked(pointer, what):
        if not pointer:
            raise RuntimeError(f"llama.cpp cannot {what}")
        return pointer

    llama_cpp.llama_backend_init()
    quiet = llama_cpp.llama_log_callback(lambda level, text, data: None)
    llama_cpp.llama_log_set(quiet, None)
    mtmd_cpp.mtmd_log_set(quiet, None)
    mtmd_cpp.mtmd_helper_log_set(quiet, None)
    text, vision = f"{folder}/text.q8_0.gguf", f"{folder}/mmproj.bf16.gguf"
    model = checked(llama_cpp.llama_model_load_from_file(text.encode(), llama_cpp.llama_model_default_params()), f"load {text}")
    params = llama_cpp.llama_context_default_params()
    params.n_ctx, params.n_batch, params.n_ubatch = 1024, 512, 512
    params.n_threads = params.n_threads_batch = int(threads)
    context = checked(llama_cpp.llama_init_from_model(model, params), "make a context")
    words = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
    options = mtmd_cpp.mtmd_context_params_default()
    options.use_gpu, options.print_timings, options.n_threads, options.warmup = False, False, int(threads), False
    eye = checked(mtmd_cpp.mtmd_init_from_file(vision.encode(), model, options), f"load {vision}")

    with open(f"{folder}/config.json") as file:
        config = json.load(file)
    side, patch = (config["vision_config"][key] for key in ("image_size", "patch_size"))
    expected = (side // patch // config["scale_factor"]) ** 2
    pixels = Image.open(picture).convert("RGB").resize((side, side)).tobytes()
    bitmap = checked(mtmd_cpp.mtmd_bitmap_init(side, side, (ctypes.c_uint8 * len(pixels)).from_buffer_copy(pixels)), "take a picture")
    marker = mtmd_cpp.mtmd_default_marker()
    asked = mtmd_cpp.mtmd_input_text(marker, len(marker), False, True)
    chunks = mtmd_cpp.mtmd_input_chunks_init()
    if mtmd_cpp.mtmd_tokenize(eye, chunks, ctypes.byref(asked), (mtmd_cpp.mtmd_bitmap_p_ctypes * 1)(bitmap), 1) != 0:
        raise RuntimeError("llama.cpp cannot preprocess the picture")
    parts = [mtmd_cpp.mtmd_input_chunks_get(chunks, index) for index in range(mtmd_cpp.mtmd_input_chunks_size(chunks))]
    seen = [part for part in parts if mtmd_cpp.mtmd_input_chunk_get_type(part) == mtmd_cpp.MTMD_INPUT_CHUNK_TYPE_IMAGE]
    # The whole picture comes last.
    if not seen or mtmd_cpp.mtmd_input_chunk_get_n_tokens(seen[-1]) != expected:
        raise RuntimeError(f"llama.cpp makes no view of {expected} tokens of the picture")
    tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
    leading, prompt = (tokenizer.encode(part, add_special_tokens=False).ids for part in (BEFORE, BEHIND))

    def decode(tokens):
        array = (llama_cpp.llama_token * len(tokens))(*tokens)
        if llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(array, len(tokens))) != 0:
            raise RuntimeError("llama_decode failed")

    def likeliest():
        return int(np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(context, -1), (words,)).argmax())

    def first_token(count):
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(context), True)
        start = time.perf_counter()
        decode(leading)
        place = llama_cpp.llama_pos(len(leading))
        if mtmd_cpp.mtmd_helper_eval_chunk_single(eye, context, seen[-1], len(leading), 0, 512, False, ctypes.byref(place)) != 0:
            raise RuntimeError("the picture could not be encoded")
        decode(prompt)
        likeliest()
        return time.perf_counter() - start

    def steps(count):
        first_token(1)
        token = likeliest()
        start = time.perf_counter()
        for _ in range(count):
            decode([token])
            token = likeliest()
        return (time.perf_counter() - start) / count

    # `quiet` lives as long as the operations do.
    return {"first_token": first_token, "decode": steps, "_keep": quiet}


def peer(kind, *arguments):
    return {"llama": llama, "torch": pytorch}[kind](*arguments)


if __name__ == "__main__":
    serve(peer)

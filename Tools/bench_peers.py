"""Other engines for `Scripts/bench engine`: answers `<operation> <count>` lines with `ok <seconds>`.

    bench_peers.py llama FILE.gguf THREADS          operations: prefill N, decode N
    bench_peers.py torch SHAPE THREADS bf16|fp32    operations on N image tokens: prefill, decode (one token),
                                                    train_full, train_cached

`train_full` is a step of MyVLM's loop as published: the whole sequence forward and backward to the concept row, AdamW.
`train_cached` keeps the keys and values of the image tokens. Weights of the torch shapes are random.
"""

import time

from peer_loop import serve

CONCEPT, PROMPT, TARGET = 1, 12, 16
SHAPES = {
    "135m": dict(num_hidden_layers=30, hidden_size=576, intermediate_size=1536, num_attention_heads=9,
                 num_key_value_heads=3, vocab_size=49152, tie_word_embeddings=True, rope_theta=1e5),
    "360m": dict(num_hidden_layers=32, hidden_size=960, intermediate_size=2560, num_attention_heads=15,
                 num_key_value_heads=5, vocab_size=49152, tie_word_embeddings=True, rope_theta=1e5),
}


def llama(path, threads):
    import llama_cpp

    llama_cpp.llama_backend_init()
    quiet = llama_cpp.llama_log_callback(lambda level, text, data: None)
    llama_cpp.llama_log_set(quiet, None)
    model = llama_cpp.llama_model_load_from_file(path.encode(), llama_cpp.llama_model_default_params())
    if not model:
        raise RuntimeError(f"llama.cpp cannot load {path}")
    params = llama_cpp.llama_context_default_params()
    params.n_ctx, params.n_batch, params.n_ubatch = 1024, 512, 512
    params.n_threads = params.n_threads_batch = int(threads)
    context = llama_cpp.llama_init_from_model(model, params)

    def decode(tokens):
        array = (llama_cpp.llama_token * len(tokens))(*tokens)
        if llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(array, len(tokens))) != 0:
            raise RuntimeError("llama_decode failed")
        llama_cpp.llama_synchronize(context)

    def clear():
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(context), True)

    def prefill(count):
        clear()
        tokens = [100 + i % 1000 for i in range(count)]
        start = time.perf_counter()
        decode(tokens)
        return time.perf_counter() - start

    def steps(count):
        clear()
        decode([1])
        start = time.perf_counter()
        for i in range(count):
            decode([100 + i % 1000])
        return time.perf_counter() - start

    # `quiet` lives as long as the operations do.
    return {"prefill": prefill, "decode": steps, "_keep": quiet}


def pytorch(shape, threads, form):
    import torch
    import transformers

    torch.set_num_threads(int(threads))
    torch.manual_seed(0)
    config = transformers.LlamaConfig(max_position_embeddings=2048, rms_norm_eps=1e-5, **SHAPES[shape])
    dtype = {"bf16": torch.bfloat16, "fp32": torch.float32}[form]
    model = transformers.LlamaForCausalLM(config).to(dtype).eval().requires_grad_(False)
    table = model.get_input_embeddings()
    prompt = torch.arange(10, 10 + PROMPT)[None]
    target = torch.arange(100, 100 + TARGET)[None]
    concept = torch.nn.Parameter(torch.randn(1, CONCEPT, config.hidden_size))
    optimizer = torch.optim.AdamW([concept], lr=1e-3)

    def picture(count):
        return torch.randn(1, count, config.hidden_size, dtype=dtype)

    def kept(count):
        with torch.inference_mode(False), torch.no_grad():
            return model(inputs_embeds=picture(count), use_cache=True).past_key_values

    def prefill(count):
        rows = picture(count)
        start = time.perf_counter()
        with torch.no_grad():
            model(inputs_embeds=rows, use_cache=True, logits_to_keep=1)
        return time.perf_counter() - start

    def decode(count):
        cache, repeats = kept(count), 8
        start = time.perf_counter()
        with torch.no_grad():
            for i in range(repeats):
                cache = model(input_ids=torch.tensor([[i + 5]]), past_key_values=cache, use_cache=True).past_key_values
        return (time.perf_counter() - start) / repeats

    def train(rows, cache):
        start = time.perf_counter()
        optimizer.zero_grad()
        text = table(torch.cat([prompt, target[:, :-1]], dim=1))
        parts = ([rows] if rows is not None else []) + [concept.to(dtype), text]
        output = model(inputs_embeds=torch.cat(parts, dim=1), past_key_values=cache, use_cache=cache is not None,
                       logits_to_keep=TARGET)
        loss = torch.nn.functional.cross_entropy(output.logits.float()[0], target[0])
        loss.backward()
        optimizer.step()
        return time.perf_counter() - start

    return {
        "prefill": prefill, "decode": decode, "train_full": lambda count: train(picture(count), None),
        "train_cached": lambda count: train(None, kept(count)),
    }


def peer(kind, *arguments):
    return {"llama": llama, "torch": pytorch}[kind](*arguments)


if __name__ == "__main__":
    serve(peer)

"""transformers' BLIP-2 for `Scripts/bench engine`: answers `<operation> <count>` lines with `ok <seconds>`.

    bench_blip2.py opt-125m|opt-350m THREADS        operations: caption N (tokens), train_full N, train_cached N (photos)

`caption` goes from pixel values to N words. `train_full` is a step of MyVLM's loop as published: vision tower, Q-Former over the
picture's rows and the concept's, language model, back to the concept row, AdamW; the loop changes its pictures in every step, so the tower is
part of it. `train_cached` is given the tower's rows. Everything in bf16 with transformers' own attention; weights are random. The norms of the
concept's keys and values and the regulariser are left out, which favours this side.
"""

import time

from peer_loop import serve

PROMPT, TARGET = 1, 12
TEXT = {
    "opt-125m": dict(hidden_size=768, ffn_dim=3072, num_hidden_layers=12, num_attention_heads=12, word_embed_proj_dim=768),
    "opt-350m": dict(hidden_size=1024, ffn_dim=4096, num_hidden_layers=24, num_attention_heads=16, word_embed_proj_dim=1024),
}


def pytorch(shape, threads):
    import torch
    import transformers

    torch.set_num_threads(int(threads))
    torch.manual_seed(0)
    vision = dict(hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12)
    text = transformers.OPTConfig(vocab_size=50272, **TEXT[shape])
    config = transformers.Blip2Config(
        vision_config=transformers.Blip2VisionConfig(**vision).to_dict(),
        qformer_config=transformers.Blip2QFormerConfig(encoder_hidden_size=768).to_dict(), text_config=text.to_dict(),
        num_query_tokens=32, image_token_index=50265)
    model = transformers.Blip2ForConditionalGeneration(config).to(torch.bfloat16).eval().requires_grad_(False)
    table = model.get_input_embeddings()
    concept = torch.nn.Parameter(torch.randn(1, 768))
    optimizer = torch.optim.AdamW([concept], lr=1e-3)
    target = torch.arange(100, 100 + TARGET)[None]

    def pixels(count):
        return torch.randn(count, 3, 224, 224, dtype=torch.bfloat16)

    def see(count):
        with torch.no_grad():
            return model.vision_model(pixels(count)).last_hidden_state

    def caption(count):
        picture = pixels(1)
        start = time.perf_counter()
        with torch.no_grad():
            model.generate(pixel_values=picture, max_new_tokens=count, min_new_tokens=count, do_sample=False)
        return time.perf_counter() - start

    def train(rows, count):
        start = time.perf_counter()
        optimizer.zero_grad()
        if rows is None:
            rows = see(count)
        unit = torch.nn.functional.normalize(concept, dim=-1).to(torch.bfloat16)
        extra = model.vision_model.post_layernorm(unit)[None].expand(count, -1, -1)
        queries = model.qformer(
            query_embeds=model.query_tokens.expand(count, -1, -1), encoder_hidden_states=torch.cat([rows, extra], dim=1)).last_hidden_state
        visual = model.language_projection(queries.to(torch.bfloat16))
        words = torch.cat([torch.full((count, PROMPT), 2), target[:, :-1].expand(count, -1)], dim=1)
        logits = model.language_model(
            inputs_embeds=torch.cat([visual, table(words)], dim=1), use_cache=False, logits_to_keep=TARGET).logits
        loss = torch.nn.functional.cross_entropy(logits[:, -TARGET:].float().flatten(0, 1), target.expand(count, -1).flatten())
        loss.backward()
        optimizer.step()
        return time.perf_counter() - start

    return {"caption": caption, "train_full": lambda count: train(None, count), "train_cached": lambda count: train(see(count), count)}


if __name__ == "__main__":
    serve(pytorch)

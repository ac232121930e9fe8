#include <math.h>
#include <string.h>

#include "table.h"

// How weights become panels and rows of them numbers again. Sizes of blocks: template_blocks.h.

enum { BLOCK = 32, Q8_BYTES = 64 + 1024, Q4_0_BYTES = 64 + 512, Q4_1_BYTES = 128 + 512 };

static long ceil_div(long a, long b) { return (a + b - 1) / b; }

long mk_block_bytes(int storage) {
    return storage == MK_Q8_0 ? Q8_BYTES : storage == MK_Q4_0 ? Q4_0_BYTES : Q4_1_BYTES;
}

long mk_panel_bytes(long inputs, int storage) {
    switch (storage) {
        case MK_F32: return inputs * MK_PANEL * 4;
        case MK_F16: return inputs * MK_PANEL * 2;
        case MK_BF16: return ceil_div(inputs, 2) * MK_PANEL * 4;
        default: return ceil_div(inputs, BLOCK) * mk_block_bytes(storage);
    }
}

long mk_packed_bytes(long outputs, long inputs, int storage) {
    return ceil_div(outputs, MK_PANEL) * mk_panel_bytes(inputs, storage);
}

// Round to nearest, ties to even; NaN stays NaN.
static uint16_t to_bf16(float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    if ((bits & 0x7fffffff) > 0x7f800000) return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static float from_bf16(uint16_t value) {
    uint32_t bits = (uint32_t)value << 16;
    float result;
    memcpy(&result, &bits, 4);
    return result;
}

static uint16_t to_f16(float value) {
    _Float16 half = (_Float16)value;
    uint16_t bits;
    memcpy(&bits, &half, 2);
    return bits;
}

static float from_f16(const void *at) {
    _Float16 half;
    memcpy(&half, at, 2);
    return (float)half;
}

// MARK: quantisation

// Q8_0: the scale as it is stored decides the numbers.
static void quantize_q8_0(const float *x, uint16_t *scale, uint8_t *numbers) {
    float largest = 0;
    for (int i = 0; i < BLOCK; i++) largest = fmaxf(largest, fabsf(x[i]));
    *scale = to_f16(largest / 127);
    float d = from_f16(scale), inverse = d > 0 ? 1 / d : 0;
    for (int i = 0; i < BLOCK; i++) numbers[i] = (uint8_t)(int8_t)fmaxf(-127, fminf(127, rintf(x[i] * inverse)));
}

static void pack_halves(const uint8_t *numbers, uint8_t *pairs) {
    for (int i = 0; i < BLOCK / 2; i++) pairs[i] = (uint8_t)(numbers[i] | numbers[i + BLOCK / 2] << 4);
}

// The numbers 0...15 nearest to (x - m) / d; returns the squared error.
static float assign(const float *x, float d, float m, float *levels) {
    float inverse = d != 0 ? 1 / d : 0, error = 0;
    for (int i = 0; i < BLOCK; i++) {
        levels[i] = fmaxf(0, fminf(15, rintf((x[i] - m) * inverse)));
        float off = d * levels[i] + m - x[i];
        error += off * off;
    }
    return error;
}

// Q4_1: from the range of the block, then alternately the best line through the levels and the best levels.
static void quantize_q4_1(const float *x, uint16_t *scale, uint16_t *minimum, uint8_t *pairs) {
    float least = x[0], most = x[0], sum = 0;
    for (int i = 0; i < BLOCK; i++) {
        least = fminf(least, x[i]);
        most = fmaxf(most, x[i]);
        sum += x[i];
    }
    float best = INFINITY, levels[BLOCK];
    uint8_t numbers[BLOCK] = {0};
    *scale = *minimum = 0;
    for (int start = 0; start < 3; start++) {
        float cut = (most - least) * 0.035f * (float)start;
        float d = (most - least - 2 * cut) / 15, m = least + cut;
        for (int round = 0; round < 4; round++) {
            uint16_t stored_d = to_f16(d), stored_m = to_f16(m);
            float error = assign(x, from_f16(&stored_d), from_f16(&stored_m), levels);
            if (error < best) {
                best = error;
                *scale = stored_d;
                *minimum = stored_m;
                for (int i = 0; i < BLOCK; i++) numbers[i] = (uint8_t)levels[i];
            }
            float l = 0, ll = 0, lx = 0;
            for (int i = 0; i < BLOCK; i++) {
                l += levels[i];
                ll += levels[i] * levels[i];
                lx += levels[i] * x[i];
            }
            float spread = BLOCK * ll - l * l;
            if (spread <= 0) break;
            d = (BLOCK * lx - l * sum) / spread;
            m = (sum - d * l) / BLOCK;
        }
    }
    pack_halves(numbers, pairs);
}

// Q4_0: symmetric levels -8...7; the scale is the better of two that put the largest number on -8 or near 7.
static void quantize_q4_0(const float *x, uint16_t *scale, uint8_t *pairs) {
    float most = 0;
    for (int i = 0; i < BLOCK; i++)
        if (fabsf(x[i]) > fabsf(most)) most = x[i];
    float best = INFINITY, levels[BLOCK];
    uint8_t numbers[BLOCK] = {0};
    *scale = 0;
    for (int start = 0; start < 4; start++) {
        float d = start == 3 ? most / 7.5f : most / (-8 + 0.25f * (float)start);
        uint16_t stored = to_f16(d);
        d = from_f16(&stored);
        float error = assign(x, d, -8 * d, levels);
        if (error < best) {
            best = error;
            *scale = stored;
            for (int i = 0; i < BLOCK; i++) numbers[i] = (uint8_t)levels[i];
        }
    }
    pack_halves(numbers, pairs);
}

// MARK: panels

// Puts one row's block at its place among the 32 outputs; `numbers` as in GGUF: 32 signed bytes or 16 pairs of halves.
static void place(int storage, uint8_t *block, long output, uint16_t scale, uint16_t minimum, const uint8_t *numbers) {
    memcpy(block + 2 * output, &scale, 2);
    if (storage == MK_Q4_1) memcpy(block + 64 + 2 * output, &minimum, 2);
    uint8_t *to = block + (storage == MK_Q4_1 ? 128 : 64) + 4 * output;
    for (int group = 0; group < (storage == MK_Q8_0 ? 8 : 4); group++) {
        uint32_t four;
        memcpy(&four, numbers + 4 * group, 4);
        if (storage == MK_Q8_0) four ^= 0x80808080;
        memcpy(to + 128 * group, &four, 4);
    }
}

static void pack_row_of_blocks(const float *from, long inputs, int storage, uint8_t *panel, long output) {
    for (long b = 0; b * BLOCK < inputs; b++) {
        float padded[BLOCK];
        const float *x = from + b * BLOCK;
        if (inputs - b * BLOCK < BLOCK) {
            for (long i = 0; i < BLOCK; i++) padded[i] = b * BLOCK + i < inputs ? x[i] : 0;
            x = padded;
        }
        uint16_t scale, minimum = 0;
        uint8_t numbers[BLOCK];
        if (storage == MK_Q8_0) quantize_q8_0(x, &scale, numbers);
        else if (storage == MK_Q4_0) quantize_q4_0(x, &scale, numbers);
        else quantize_q4_1(x, &scale, &minimum, numbers);
        place(storage, panel + b * mk_block_bytes(storage), output, scale, minimum, numbers);
    }
}

void mk_pack(const float *w, long first, long rows, long inputs, int storage, void *panels) {
    for (long r = 0; r < rows; r++) {
        long output = (first + r) % MK_PANEL;
        const float *from = w + r * inputs;
        uint8_t *panel = (uint8_t *)panels + (first + r) / MK_PANEL * mk_panel_bytes(inputs, storage);
        switch (storage) {
            case MK_F32:
                for (long k = 0; k < inputs; k++) ((float *)panel)[k * MK_PANEL + output] = from[k];
                break;
            case MK_F16:
                for (long k = 0; k < inputs; k++) ((uint16_t *)panel)[k * MK_PANEL + output] = to_f16(from[k]);
                break;
            case MK_BF16:
                for (long k = 0; k < inputs; k++)
                    ((uint16_t *)panel)[(k / 2 * MK_PANEL + output) * 2 + k % 2] = to_bf16(from[k]);
                break;
            default: pack_row_of_blocks(from, inputs, storage, panel, output);
        }
    }
}

void mk_pack_blocks(const void *blocks, long row, long inputs, int storage, void *panels) {
    uint8_t *panel = (uint8_t *)panels + row / MK_PANEL * mk_panel_bytes(inputs, storage);
    long header = storage == MK_Q4_1 ? 4 : 2, bytes = header + (storage == MK_Q8_0 ? 32 : 16);
    for (long b = 0; b < inputs / BLOCK; b++) {
        const uint8_t *from = (const uint8_t *)blocks + b * bytes;
        uint16_t scale, minimum = 0;
        memcpy(&scale, from, 2);
        if (storage == MK_Q4_1) memcpy(&minimum, from + 2, 2);
        place(storage, panel + b * mk_block_bytes(storage), row % MK_PANEL, scale, minimum, from + header);
    }
}

static void unpack_blocks(const mk_weight *w, const uint8_t *panel, long output, float *out) {
    for (long k = 0; k < w->inputs; k++) {
        const uint8_t *block = panel + k / BLOCK * mk_block_bytes(w->storage);
        float d = from_f16(block + 2 * output);
        long i = k % BLOCK;
        if (w->storage == MK_Q8_0) {
            out[k] = d * (float)(block[64 + i / 4 * 128 + 4 * output + i % 4] - 128);
        } else {
            const uint8_t *numbers = block + (w->storage == MK_Q4_1 ? 128 : 64) + 4 * output;
            int both = numbers[i % 16 / 4 * 128 + i % 4], level = i < 16 ? both & 15 : both >> 4;
            if (w->storage == MK_Q4_1) out[k] = d * (float)level + from_f16(block + 64 + 2 * output);
            else out[k] = d * (float)(level - 8);
        }
    }
}

void mk_unpack_row(const mk_weight *w, long row, float *out) {
    const uint8_t *panel = (const uint8_t *)w->panels + row / MK_PANEL * mk_panel_bytes(w->inputs, w->storage);
    long output = row % MK_PANEL;
    switch (w->storage) {
        case MK_F32:
            for (long k = 0; k < w->inputs; k++) out[k] = ((const float *)panel)[k * MK_PANEL + output];
            break;
        case MK_F16:
            for (long k = 0; k < w->inputs; k++) out[k] = from_f16(panel + (k * MK_PANEL + output) * 2);
            break;
        case MK_BF16:
            for (long k = 0; k < w->inputs; k++)
                out[k] = from_bf16(((const uint16_t *)panel)[(k / 2 * MK_PANEL + output) * 2 + k % 2]);
            break;
        default: unpack_blocks(w, panel, output, out);
    }
}

void mk_expand_block(const mk_table *table, const mk_weight *w, long panel, long first, float *to) {
    const uint8_t *from = (const uint8_t *)w->panels + panel * mk_panel_bytes(w->inputs, w->storage);
    long inputs = w->inputs - first < BLOCK ? w->inputs - first : BLOCK;
    switch (w->storage) {
        case MK_F32: memcpy(to, (const float *)from + first * MK_PANEL, (size_t)(inputs * MK_PANEL * 4)); break;
        case MK_F16: table->expand_f16((const uint16_t *)from + first * MK_PANEL, inputs * MK_PANEL, to); break;
        case MK_BF16: table->expand_pairs((const uint32_t *)from + first / 2 * MK_PANEL, ceil_div(inputs, 2), to); break;
        default: table->expand_blocks(w->storage, from + first / BLOCK * mk_block_bytes(w->storage), to);
    }
    if (inputs < BLOCK) memset(to + inputs * MK_PANEL, 0, (size_t)((BLOCK - inputs) * MK_PANEL * 4));
}

#ifndef MYVLM_KERNELS_H
#define MYVLM_KERNELS_H

#include <stdint.h>

// Hot loops of the engine. Sizes are `long` so that they import as Swift `Int`. Matrices are row-major floats.
// Every function may be called from any thread at the same time on disjoint outputs.

// MARK: instruction sets (dispatch.c)

/// Instruction sets with kernels of their own; `MK_PORTABLE` runs everywhere.
enum { MK_PORTABLE = 0, MK_AVX2 = 1, MK_AVX512 = 2, MK_AVX512_VNNI = 3, MK_AVX512_BF16 = 4, MK_AMX = 5 };
/// On ARM.
enum { MK_NEON = 1, MK_NEON_DOT = 2 };

/// The best instruction set of this processor.
int mk_best_isa(void);
/// The instruction set that calls from this thread use.
int mk_current_isa(void);
/// Chooses it for calls from this thread, at most the best one; for tests and comparisons.
void mk_select_isa(int isa);

// MARK: threads and memory (pool.c, memory.c)

/// Runs body over [lower, upper) chunks, multiples of `grain` indices, until 0..<count is covered; the caller works too and
/// returns when all chunks are done. May be nested and called from several threads.
void mk_parallel(void (*body)(void *context, long lower, long upper), void *context, long count, long grain);
/// Threads that work on one job, the caller included.
long mk_threads(void);
/// Limits the threads that work on jobs started from now on, 1...64.
void mk_set_threads(long count);

/// Zeroed memory aligned to a cache line (huge pages where the system gives them), or NULL. Freed by mk_free.
void *mk_alloc(long bytes);
void mk_free(void *memory);
/// The same for weights, which are kept long: small ones lie together in huge pages. Freed by mk_free_lasting.
void *mk_alloc_lasting(long bytes);
void mk_free_lasting(void *memory);
/// A buffer of this thread, kept until it ends; a later call on the same thread and slot (0...7) may move it.
void *mk_scratch(int slot, long bytes);

// MARK: matrix products (gemm.c)

/// Columns of a packed panel.
enum { MK_PANEL = 32 };
/// How a weight keeps its numbers, and what it is multiplied with. MK_F32, MK_F16: x as it is. MK_BF16: x rounded to
/// bf16, sums in floats. The rest are GGUF's blocks of 32 inputs: x is rounded to 8 bits, blocks of 32 with a scale each.
enum { MK_F32 = 0, MK_BF16 = 1, MK_F16 = 2, MK_Q8_0 = 3, MK_Q4_0 = 4, MK_Q4_1 = 5 };

/// W [outputs, inputs] as panels of 32 outputs, the last one padded with zeros, as the inputs are to whole pairs (MK_BF16)
/// or blocks. F32, F16: [inputs][32]; BF16: [inputs / 2][32][2]; blocks: template_blocks.h.
typedef struct {
    const void *panels;
    long outputs, inputs;
    int storage;
} mk_weight;

/// Bytes of the panels of a weight.
long mk_packed_bytes(long outputs, long inputs, int storage);
/// Packs rows [first, first + rows) of a weight from w [rows, inputs]. Different rows may be packed at the same time.
void mk_pack(const float *w, long first, long rows, long inputs, int storage, void *panels);
/// Packs one row from GGUF's own blocks (Q8_0, Q4_0, Q4_1), number by number as they are; inputs are whole blocks.
void mk_pack_blocks(const void *blocks, long row, long inputs, int storage, void *panels);
/// One row of W, [inputs].
void mk_unpack_row(const mk_weight *w, long row, float *out);
/// y [rows, outputs] = x [rows, inputs] W^T (+ y). An output is one chain of sums in input order,
/// so it depends on its row of x alone, whatever `rows` and the thread count are.
void mk_gemm_packed(const mk_weight *w, const float *x, long rows, float *y, int accumulate);
/// dx [rows, inputs] = dy [rows, outputs] W (+ dx). MK_BF16 rounds dy, the other storages multiply floats.
void mk_gemm_packed_transposed(const mk_weight *w, const float *dy, long rows, float *dx, int accumulate);
/// c [m, n] = a [m, k] b [k, n] (+ c), b not packed; for few rows.
void mk_gemm_plain(const float *a, const float *b, float *c, long m, long n, long k, int accumulate);
/// c [m, n] = a [m, k] b^T (+ c), b [n, k] not packed; for few rows.
void mk_gemm_plain_transposed(const float *a, const float *b, float *c, long m, long n, long k, int accumulate);

// MARK: ceilings (ceiling.c), what measurements are compared with

/// Does multiply-adds of a storage's kind in registers, `chunks` pieces of about a millisecond shared out over the
/// threads; returns the operations done, two for each multiply-add.
double mk_peak_operations(int storage, long chunks);
/// Reads n floats with all threads; returns their sum (of one thread's part).
float mk_read(const float *x, long n);

// MARK: rows (rows.c)

/// Dot product of two float vectors of length n.
float mk_dot_f32(const float *a, const float *b, long n);
/// y = x / sqrt(mean(x^2) + epsilon) * weight, for rows of n.
void mk_rms_norm(const float *x, const float *weight, float epsilon, long rows, long n, float *y);
/// dx += derivative of mk_rms_norm, for rows of n.
void mk_rms_norm_backward(
    const float *x, const float *weight, float epsilon, const float *dy, long rows, long n, float *dx);
/// y = (x - mean) / sqrt(variance + epsilon) * weight + bias, for rows of n; y may be x.
void mk_layer_norm(
    const float *x, const float *weight, const float *bias, float epsilon, long rows, long n, float *y);
/// dx += derivative of mk_layer_norm, for rows of n.
void mk_layer_norm_backward(
    const float *x, const float *weight, float epsilon, const float *dy, long rows, long n, float *dx);

/// Element-wise functions.
enum {
    MK_ACTIVATION_NONE = 0,
    MK_ACTIVATION_GELU = 1,       // x (1 + erf(x / sqrt 2)) / 2
    MK_ACTIVATION_GELU_TANH = 2,  // x sigmoid(2 sqrt(2 / pi) (x + 0.044715 x^3))
    MK_ACTIVATION_QUICK_GELU = 3, // x sigmoid(1.702 x)
    MK_ACTIVATION_RELU = 4,
    MK_ACTIVATION_SILU = 5,       // x sigmoid(x)
};

/// In place: adds bias [n] (or nothing when it is NULL) to every row of x [rows, n] and applies an activation.
void mk_bias_activation(float *x, const float *bias, int activation, long rows, long n);
/// y [rows, n] = activation(x [rows, n]), or activation(g) u where `gated` and a row of x [rows, 2n] is g followed by u.
void mk_activate(const float *x, int activation, int gated, long rows, long n, float *y);
/// dx, as wide as x, from dy [rows, n].
void mk_activate_backward(
    const float *x, const float *dy, int activation, int gated, long rows, long n, float *dx);
/// In place: exp(x - max) / sum; n > 0.
void mk_softmax(float *x, long n);
/// ds = p * (dp - sum(p * dp)), where p is a softmax; ds may be dp.
void mk_softmax_backward(const float *p, const float *dp, long n, float *ds);
/// Rotates `heads` pairs of halves of size/2 in place, x' = x cos + rotate_half(x) sin; sign -1 is the backward pass.
void mk_rope(float *x, long heads, long size, const float *cosine, const float *sine, float sign);
/// Replaces rows of logits [rows, n] by scale * (softmax - one-hot(target)); losses [rows] in nats.
void mk_cross_entropy(float *logits, const int32_t *targets, long rows, long n, float scale, double *losses);

// MARK: attention (attention.c)

/// Heads of an attention. Query heads share key heads evenly; a head has `size` numbers.
typedef struct {
    long query_heads, key_heads, size;
} mk_attention_shape;

/// Rows of one sequence as a projection made them, [count][(query_heads + 2 key_heads) * size]: the query heads, the key
/// heads, the value heads.
typedef struct {
    float *rows;
    long count;
    long position;        // of the first row, for rotations
    float *keys, *values; // where the first row's first head is kept; NULL: nowhere else
    long stride, head;    // from a row to the next and from a head to the next there
} mk_new_rows;

/// Rotates queries and keys in place (tables [positions][size / 2]; NULL: not at all), sign -1 for their gradients, and
/// stores keys and values where the sequences keep them.
void mk_place_rows(
    mk_attention_shape shape, const mk_new_rows *sequences, long count, const float *cosine, const float *sine,
    float sign);

/// Keys and values of one attention: element e of key j, head h is keys[h * head + j * stride + e]; values alike.
typedef struct {
    const float *keys, *values;
    long count, stride, head;
    float *key_gradient, *value_gradient; // added to in the backward pass; NULL: not wanted
    long gradient_stride, gradient_head;
} mk_keys;

/// Whose attention a penalty keeps small.
enum {
    MK_PENALTY_OF_ROWS = 0,       // what the first `marked` rows pay to all keys
    MK_PENALTY_OF_LATER_ROWS = 1, // what row i pays to those of the first `marked` keys of the second stretch before key i
    MK_PENALTY_OF_ALL_ROWS = 2,   // what all rows pay to the first `marked` keys of the second stretch
};

/// Adds weight times the sum of squared probabilities to the loss; a weight of 0 adds nothing.
typedef struct {
    double weight;
    int of;
    long marked;
} mk_attention_penalty;

/// One attention: rows of queries over a first and a second stretch of keys.
typedef struct {
    long rows;
    const float *queries; // element e of row i, head h: queries[i * query_stride + h * size + e]
    long query_stride;
    mk_keys first, second;
    const float *bias;      // NULL, or added to the scaled score of row i, key j, head h: bias[h * bias_head + i * bias_row + j]
    long bias_head, bias_row;
    long visible;           // keys that the first row sees; every further row sees one more, all of them at most
    float *probabilities;   // NULL, or [query_heads][rows][keys], kept for the backward pass; zero where not seen
    float *out;             // laid out as the queries are
    long out_stride;
    const float *out_gradient; // as `out`
    float *query_gradient;     // written in the backward pass
    long query_gradient_stride;
    mk_attention_penalty penalty;
} mk_attention_job;

/// out = softmax(scale * queries keys^T + bias) values of every job. A row's numbers do not depend on the other jobs, nor on
/// how the rows of a sequence are cut into jobs.
void mk_attention(mk_attention_shape shape, float scale, const mk_attention_job *jobs, long count);
/// Gradients of queries, keys and values; probabilities must have been kept. Adds the penalty of each job to `penalties`.
void mk_attention_backward(
    mk_attention_shape shape, float scale, const mk_attention_job *jobs, long count, double *penalties);

#endif

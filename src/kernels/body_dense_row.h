/* One sample through a small dense layer and back: what networks of a few neurons consist of
 * that learn from one sample at a time. The chains are those of the products that larger
 * layers are, without what it costs to set these up. A body. */

enum { NNI_K(DENSE_ROW_VECTORS) = NNI_DENSE_ROW_OUTPUTS / NNI_LANES };

/* y = x W + b, a vector of columns or two. */
static NNI_ALWAYS_INLINE void NNI_K(dense_row_forward_of)(const float *x, int64_t inputs,
                                                          const float *w,
                                                          const float *bias,
                                                          int64_t outputs, int relu,
                                                          float *y, const int vectors)
{
    const NNI_K(nni_part) part = NNI_K(vector_part)(outputs - (vectors - 1) * NNI_LANES);
    const NNI_K(nni_vector) zero = NNI_K(vector_fill)(0.0f);
    NNI_K(nni_vector) sum[NNI_K(DENSE_ROW_VECTORS)];
    NNI_UNROLL
    for (int v = 0; v < vectors; v++) {
        sum[v] = bias == NULL
                     ? zero
                     : NNI_K(tile_load)(bias + v * NNI_LANES, v < vectors - 1, part);
    }
    for (; inputs > 0; inputs--, x++, w += outputs) {
        const NNI_K(nni_vector) factor = NNI_K(vector_fill)(*x);
        NNI_UNROLL
        for (int v = 0; v < vectors; v++) {
            sum[v] = NNI_K(vector_fma)(
                factor, NNI_K(tile_load)(w + v * NNI_LANES, v < vectors - 1, part),
                sum[v]);
        }
    }
    NNI_UNROLL
    for (int v = 0; v < vectors; v++) {
        NNI_K(vector_store)
        (y + v * NNI_LANES, relu ? NNI_K(vector_maximum)(zero, sum[v]) : sum[v]);
    }
}

static void NNI_K(dense_row_forward)(const float *x, int64_t inputs, const float *weight,
                                     const float *bias, int64_t outputs, int relu,
                                     float *y)
{
    if (outputs <= NNI_LANES) {
        NNI_K(dense_row_forward_of)(x, inputs, weight, bias, outputs, relu, y, 1);
    } else {
        NNI_K(dense_row_forward_of)
        (x, inputs, weight, bias, outputs, relu, y, NNI_K(DENSE_ROW_VECTORS));
    }
}

/* to = a b, or to + a b */
static NNI_ALWAYS_INLINE void NNI_K(dense_row_product)(NNI_K(nni_vector) a,
                                                       NNI_K(nni_vector) b,
                                                       int accumulate, float *to)
{
    const NNI_K(nni_vector) start =
        accumulate ? NNI_K(vector_load)(to) : NNI_K(vector_fill)(0.0f);
    NNI_K(vector_store)(to, NNI_K(vector_fma)(a, b, start));
}

/* dz, db and dW of a vector of columns, from column j on. */
static NNI_ALWAYS_INLINE void NNI_K(dense_row_columns)(const struct nni_dense_row *r,
                                                       int64_t j)
{
    const NNI_K(nni_part) part = NNI_K(vector_part)(nni_min(r->outputs - j, NNI_LANES));
    NNI_K(nni_vector) dz = NNI_K(vector_load_part)(r->dy + j, part, 0.0f);
    if (r->relu) {
        dz = NNI_K(vector_where_positive)(NNI_K(vector_load)(r->y + j), dz);
        NNI_K(vector_store)(r->dz + j, dz);
    }
    if (r->bias_gradient != NULL) {
        NNI_K(dense_row_product)
        (NNI_K(vector_fill)(1.0f), dz, r->accumulate, r->bias_gradient + j);
    }
    if (r->weight_gradient != NULL) {
        NNI_K(thin_rows)
        (r->x, 1, 0, 1, &dz, nni_min(r->outputs - j, NNI_LANES), r->accumulate,
         r->weight_gradient + j, r->outputs, r->inputs, r->inputs * r->outputs - j);
    }
}

/* All of one output, whose weights lie side by side as the inputs do. */
static NNI_NOINLINE void NNI_K(dense_row_of_one)(const struct nni_dense_row *r)
{
    float one = r->dy[0];
    if (r->relu) {
        one = r->y[0] > 0.0f ? one : 0.0f;
        r->dz[0] = one;
    }
    if (r->bias_gradient != NULL) {
        r->bias_gradient[0] = (r->accumulate ? r->bias_gradient[0] : 0.0f) + one;
    }
    const NNI_K(nni_vector) dz = NNI_K(vector_fill)(one);
    for (int64_t i = 0; i < r->inputs; i += NNI_LANES) {
        const NNI_K(nni_part) part =
            NNI_K(vector_part)(nni_min(r->inputs - i, NNI_LANES));
        if (r->weight_gradient != NULL) {
            NNI_K(dense_row_product)
            (NNI_K(vector_load_part)(r->x + i, part, 0.0f), dz, r->accumulate,
             r->weight_gradient + i);
        }
        if (r->input_gradient != NULL) {
            NNI_K(dense_row_product)
            (dz, NNI_K(vector_load_part)(r->weight + i, part, 0.0f), 0,
             r->input_gradient + i);
        }
    }
}

/* The last columns come first: the others write over what these write too much. */
static void NNI_K(dense_row_backward)(const struct nni_dense_row *r)
{
    if (r->outputs == 1) {
        NNI_K(dense_row_of_one)(r);
        return;
    }
    for (int64_t j = (r->outputs - 1) / NNI_LANES * NNI_LANES; j >= 0; j -= NNI_LANES) {
        NNI_K(dense_row_columns)(r, j);
    }
}

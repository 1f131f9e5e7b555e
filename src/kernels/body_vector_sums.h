/* The sums of a tile of a product in lanes, one vector after the other: that of vector
 * LANES_MANY f + i becomes number LANES_FEW i + f. A body. */
static NNI_ALWAYS_INLINE void NNI_K(vector_sums)(const NNI_K(nni_vector) * v,
                                                 const int few, float *sums)
{
    NNI_UNROLL
    for (int f = 0; f < few; f++) {
        NNI_UNROLL
        for (int i = 0; i < NNI_K(LANES_MANY); i++) {
            sums[NNI_K(LANES_FEW) * i + f] =
                NNI_K(vector_sum)(v[NNI_K(LANES_MANY) * f + i]);
        }
    }
}

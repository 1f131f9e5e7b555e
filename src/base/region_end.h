/* Closes the region that one of region_*.h opened. */
#if defined(__clang__)
#ifdef NNI_REGION_HAS_TARGET
#pragma clang attribute pop
#undef NNI_REGION_HAS_TARGET
#endif
#pragma clang diagnostic pop
#else
#pragma GCC pop_options
#endif

#undef NNI_K
#undef NNI_FMA
#undef NNI_INLINE
#undef NNI_UNROLL
#undef NNI_LOOP
#undef NNI_TILES
#undef NNI_PACKING_TILES

/* All bodies, and the table that is made of them: a body that defines
 * NNI_K(nni_kernels), for the number NNI_REGION_ISA and the name NNI_REGION_NAME. */
#include "base/body_elementary.h"

#include "kernels/body_lanes.h"
#include "kernels/body_blocks.h"
#include "kernels/body_activations.h"
#include "kernels/body_long_maps.h"
#include "kernels/body_maps.h"
#include "kernels/body_softmax.h"
#include "kernels/body_random.h"
#include "kernels/body_gemm_tile.h"
#include "kernels/body_plain_update.h"
#include "kernels/body_updates.h"
#include "kernels/body_gemm_outer.h"
#include "kernels/body_gemm_pack.h"
#include "kernels/body_gemm_blocks.h"
#include "kernels/body_gemm_lanes.h"
#include "kernels/body_gemm_narrow.h"
#include "kernels/body_gemm_thin.h"
#include "kernels/body_gemm_row.h"
#include "kernels/body_gemm_small.h"
#include "kernels/body_gemm_turned.h"
#include "kernels/body_dense_row.h"
#include "kernels/body_gemm.h"

const struct nni_kernels NNI_K(nni_kernels) = {
    .isa = NNI_REGION_ISA,
    .name = NNI_REGION_NAME,
    .gemm_rows = NNI_K(TILE_ROWS),
    .gemm_columns = NNI_K(TILE_VECTORS) * NNI_LANES,
    .gemm_tile = NNI_K(gemm_tile),
    .gemm_scratch = NNI_K(gemm_tile_scratch),
    .dense_row_forward = NNI_K(dense_row_forward),
    .dense_row_backward = NNI_K(dense_row_backward),
    .exp = NNI_K(exp_map),
    .log = NNI_K(log_map),
    .activation_forward = NNI_K(activation_map),
    .activation_backward = NNI_K(activation_slope),
    .softmax_forward = NNI_K(softmax_rows),
    .softmax_backward = NNI_K(softmax_rows_backward),
    .log_softmax_forward = NNI_K(log_softmax_rows),
    .log_softmax_backward = NNI_K(log_softmax_rows_backward),
    .add = NNI_K(add_map),
    .subtract = NNI_K(subtract_map),
    .multiply = NNI_K(multiply_map),
    .scale = NNI_K(scale_map),
    .add_scaled = NNI_K(add_scaled_map),
    .affine = NNI_K(affine_map),
    .affine_u8 = NNI_K(affine_u8_map),
    .standardize = NNI_K(standardize_map),
    .sum = NNI_K(lane_sum),
    .dot = NNI_K(lane_dot),
    .argmax = NNI_K(index_of_largest),
    .all_finite = NNI_K(every_finite),
    .magnitude = NNI_K(largest_magnitude),
    .column_sums = NNI_K(sums_of_columns),
    .dropout = NNI_K(dropout_map),
    .random_uniform = NNI_K(uniform_fill),
    .random_normal = NNI_K(normal_fill),
    .update_sgd = NNI_K(sgd_update),
    .update_momentum = NNI_K(momentum_update),
    .update_adagrad = NNI_K(adagrad_update),
    .update_adadelta = NNI_K(adadelta_update),
    .update_rmsprop = NNI_K(rmsprop_update),
    .update_adam = NNI_K(adam_update),
};

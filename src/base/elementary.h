/* The elementary functions for single numbers on any floor: nni_exp_portable(x) and so
 * on, see body_elementary.h. Loops over many numbers go through the kernel table, whose
 * bits are the same. */
#ifndef NNI_BASE_ELEMENTARY_H
#define NNI_BASE_ELEMENTARY_H

#include "base/contract.h"

#include "base/region_portable.h"
#include "base/body_elementary.h"
#include "base/region_end.h"

#endif

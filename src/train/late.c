/* Late gradients in a step. Where nobody looks at the gradients, those of large weights need
 * not be written: backward leaves them out, and the product that would make them updates the
 * weights instead, with the same bits. The contract stays that a step with a gradient that is
 * NaN or infinite changes nothing. So first all that is needed for the gradients is
 * computed, then bounds tell whether any can have overflown, and only then weights change.
 * Bounds that fail say nothing: the gradients are computed and looked at after all. They
 * also are when somebody asks for one after the step. */
#include "base/float_env.h"
#include "train/trainer.h"

int nni_late_suits(const nn_trainer *trainer)
{
    return trainer->training->plan->late_count > 0 && !trainer->gradients_asked &&
           trainer->gradient_hook.call == NULL && trainer->optimizer != NULL &&
           nni_optimizer_updates_in_products(trainer->optimizer);
}

void nni_late_begin(nn_trainer *trainer)
{
    const struct nni_plan *plan = trainer->training->plan;
    trainer->late = 1;
    for (int32_t i = 0; i < trainer->optimizer->piece_count; i++) {
        const struct nni_piece_origin *from = &trainer->pieces[i];
        int late = from->is_first && nni_plan_is_late(plan, from->node);
        trainer->late_nodes[i] = late ? from->node : -1;
    }
}

int nni_late_is_finite(const nn_trainer *trainer)
{
    const struct nni_plan *plan = trainer->training->plan;
    for (int32_t i = 0; i < trainer->optimizer->piece_count; i++) {
        const struct nni_piece *piece = &trainer->optimizer->pieces[i];
        const struct nni_piece_origin *from = &trainer->pieces[i];
        /* The bound of a late node holds for all its parameters. */
        int finite = nni_plan_is_late(plan, from->node)
                         ? !from->is_first || nni_plan_late_is_finite(plan, from->node)
                         : plan->kernels->all_finite(piece->gradient, piece->count);
        if (!finite)
            return 0;
    }
    return 1;
}

void nni_late_settle(nn_trainer *trainer)
{
    if (!trainer->late)
        return;
    struct nni_float_env env = nni_float_env_enter();
    for (int32_t i = 0; i < trainer->optimizer->piece_count; i++)
        if (trainer->late_nodes[i] >= 0)
            nni_plan_late(trainer->training->plan, trainer->late_nodes[i], NULL);
    nni_float_env_leave(env);
    trainer->late = 0;
}

static void late_update_node(void *data, int32_t node, const struct nni_update *update)
{
    nni_plan_late(data, node, update);
}

void nni_late_update(nn_trainer *trainer, double rate)
{
    const struct nni_elsewhere elsewhere = {trainer->late_nodes, late_update_node,
                                            trainer->training->plan};
    nni_optimizer_run(trainer->optimizer, rate, trainer->late ? &elsewhere : NULL);
}

/* The numbers of a trainer that a checkpoint holds, as a table: name, type, place, range.
 * Writing, reading and copying walk it. */
#include "io/checkpoint.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum field_type {
    FIELD_TYPE_INT32,
    FIELD_TYPE_INT64,
    FIELD_TYPE_UINT64, /* as a text, since JSON's numbers are often read as doubles */
    FIELD_TYPE_DOUBLE  /* finite */
};

struct field {
    const char *name;
    enum field_type type;
    size_t offset;           /* in struct nn_trainer */
    double minimum, maximum; /* both included */
};

#define FIELD_INT32(name, member, minimum, maximum)                                   \
    {                                                                                 \
        name, FIELD_TYPE_INT32, offsetof(struct nn_trainer, member), minimum, maximum \
    }
#define FIELD_INT64(name, member, minimum)                                               \
    {                                                                                    \
        name, FIELD_TYPE_INT64, offsetof(struct nn_trainer, member), minimum, FIELD_MOST \
    }
#define FIELD_DOUBLE(name, member, minimum, maximum)                                   \
    {                                                                                  \
        name, FIELD_TYPE_DOUBLE, offsetof(struct nn_trainer, member), minimum, maximum \
    }

#define FIELD_MOST ((double)NNI_CHECKPOINT_MOST)
#define FIELD_INTS 2147483647.0

static const struct field fields[] = {
    FIELD_INT64("epoch", epoch, 0),
    FIELD_INT64("step", step, 0),
    FIELD_DOUBLE("rate", rate, -1, HUGE_VAL),

    FIELD_INT64("batch_size", batch_size, NN_FULL_BATCH),
    {"seed", FIELD_TYPE_UINT64, offsetof(struct nn_trainer, seed), 0, 0},
    FIELD_INT32("shuffle", shuffle, 0, 1),
    FIELD_DOUBLE("validation_split", validation_split, 0, 1),
    FIELD_INT32("check_loss", check_loss, 0, 1),
    FIELD_INT32("check_gradients", check_gradients, 0, 1),
    FIELD_INT32("direction", direction, NN_MINIMIZE, NN_MAXIMIZE),

    FIELD_INT32("schedule.kind", schedule.kind, NNI_RATE_CONSTANT, NNI_RATE_CALLBACK),
    FIELD_INT32("schedule.every", schedule.every, 0, FIELD_INTS),
    FIELD_DOUBLE("schedule.factor", schedule.factor, 0, HUGE_VAL),
    FIELD_DOUBLE("schedule.minimum", schedule.minimum, 0, HUGE_VAL),
    FIELD_INT64("schedule.warmup", schedule.warmup, 0),
    FIELD_DOUBLE("schedule.scale", schedule.scale, 0, 1),
    FIELD_DOUBLE("schedule.best", schedule.best, -HUGE_VAL, HUGE_VAL),
    FIELD_INT32("schedule.waited", schedule.waited, 0, FIELD_INTS),
    FIELD_INT32("schedule.seen", schedule.seen, 0, 1),

    FIELD_INT32("stopping.patience", stopping.patience, 0, FIELD_INTS),
    FIELD_DOUBLE("stopping.min_delta", stopping.min_delta, 0, HUGE_VAL),
    FIELD_INT32("stopping.restore_best", stopping.restore_best, 0, 1),
    FIELD_INT32("stopping.seen", stopping.seen, 0, 1),
    FIELD_DOUBLE("stopping.best", stopping.best, -HUGE_VAL, HUGE_VAL),
    FIELD_DOUBLE("stopping.reference", stopping.reference, -HUGE_VAL, HUGE_VAL),
    FIELD_INT32("stopping.waited", stopping.waited, 0, FIELD_INTS),

    FIELD_INT32("run.going", run.going, 0, 1),
    FIELD_INT32("run.stopped_early", run.stopped_early, 0, 1),
    FIELD_INT64("run.first_epoch", run.first_epoch, 0),
    FIELD_INT64("run.samples", run.samples, 0),
    FIELD_INT64("run.done", run.done, 0),
};

static size_t field_size(const struct field *field)
{
    return field->type == FIELD_TYPE_INT32 ? sizeof(int32_t) : sizeof(int64_t);
}

void nni_fields_store(const nn_trainer *trainer, struct nni_text *out)
{
    for (int32_t i = 0; i < NNI_COUNT(fields); i++) {
        const void *member = (const char *)trainer + fields[i].offset;
        nni_text_format(out, ",\n\"%s\":", fields[i].name);
        switch (fields[i].type) {
        case FIELD_TYPE_INT32:
            nni_text_format(out, "%" PRId32, *(const int32_t *)member);
            break;
        case FIELD_TYPE_INT64:
            nni_text_format(out, "%" PRId64, *(const int64_t *)member);
            break;
        case FIELD_TYPE_UINT64:
            nni_text_format(out, "\"%" PRIu64 "\"", *(const uint64_t *)member);
            break;
        default:
            nni_json_put_number(out, *(const double *)member);
        }
    }
}

/* ---- reading ---- */

static nn_status field_range(const struct nni_json *json, int32_t node,
                             const struct field *field, double value)
{
    if (value >= field->minimum && value <= field->maximum) {
        return NN_OK;
    }
    return nni_json_fail(json, node, "%s is out of range", field->name);
}

/* The digits of a whole number below 2^64. */
static nn_status field_digits(const struct nni_json *json, int32_t node,
                              const struct field *field, uint64_t *value)
{
    const char *text = nni_json_string(json, node);
    *value = 0;
    for (size_t i = 0; text[i] != '\0'; i++) {
        const uint64_t digit = (uint64_t)(text[i] - '0');
        if (text[i] < '0' || text[i] > '9' || *value > (UINT64_MAX - digit) / 10) {
            return nni_json_fail(json, node, "%s is no number of 64 bits", field->name);
        }
        *value = 10 * *value + digit;
    }
    return NN_OK;
}

static nn_status field_restore(const struct nni_json *json, int32_t object,
                               const struct field *field, void *member)
{
    int32_t node;
    if (field->type == FIELD_TYPE_UINT64) {
        NNI_TRY(nni_json_require(json, object, field->name, NNI_JSON_STRING, &node));
        return field_digits(json, node, field, member);
    }
    NNI_TRY(nni_json_require(json, object, field->name, NNI_JSON_NUMBER, &node));
    if (field->type == FIELD_TYPE_DOUBLE) {
        double value;
        NNI_TRY(nni_json_number(json, node, &value));
        NNI_TRY(field_range(json, node, field, isfinite(value) ? value : (double)NAN));
        *(double *)member = value;
        return NN_OK;
    }
    int64_t value;
    NNI_TRY(nni_json_int(json, node, &value));
    NNI_TRY(field_range(json, node, field, (double)value));
    if (field->type == FIELD_TYPE_INT32) {
        *(int32_t *)member = (int32_t)value;
    } else {
        *(int64_t *)member = value;
    }
    return NN_OK;
}

/* As the functions that set a schedule want it. */
static int fields_factor_fits(const struct nni_schedule *schedule)
{
    switch (schedule->kind) {
    case NNI_RATE_STEP:
    case NNI_RATE_EXPONENTIAL:
        return schedule->factor > 0 && schedule->factor < HUGE_VAL;
    case NNI_RATE_PLATEAU:
        return schedule->factor > 0 && schedule->factor < 1;
    default:
        return 1;
    }
}

/* What no field says alone. */
static int fields_go_together(const nn_trainer *trainer)
{
    const struct nni_schedule *schedule = &trainer->schedule;
    const struct nni_run_state *run = &trainer->run;
    const int by_epochs = schedule->kind == NNI_RATE_STEP ||
                          schedule->kind == NNI_RATE_COSINE ||
                          schedule->kind == NNI_RATE_PLATEAU;
    return trainer->batch_size != 0 && trainer->validation_split < 1 &&
           (!by_epochs || schedule->every > 0) && fields_factor_fits(schedule) &&
           run->done <= run->samples && run->first_epoch <= trainer->epoch;
}

nn_status nni_fields_restore(const struct nni_json *json, int32_t object,
                             nn_trainer *trainer)
{
    for (int32_t i = 0; i < NNI_COUNT(fields); i++) {
        NNI_TRY(
            field_restore(json, object, &fields[i], (char *)trainer + fields[i].offset));
    }
    if (!fields_go_together(trainer)) {
        return nni_json_fail(json, object,
                             "the numbers of the trainer do not go "
                             "together");
    }
    return NN_OK;
}

void nni_fields_copy(const nn_trainer *from, nn_trainer *to)
{
    for (int32_t i = 0; i < NNI_COUNT(fields); i++) {
        memcpy((char *)to + fields[i].offset, (const char *)from + fields[i].offset,
               field_size(&fields[i]));
    }
}

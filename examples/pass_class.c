/* "Will I pass this class?" A network with two features, the number of lectures attended
 * and the hours spent on the final project, learns from the students before you.
 *
 *     pass_class [lectures] [hours]        (a student with 4 lectures and 5 hours)
 *
 * The past students are made up: of 300, each with 0 to 8 lectures and 0 to 12 hours, those
 * passed for whom lectures + hours / 2, and some luck, came to more than 6. */
#include "console.h"

enum { STUDENTS = 300, HIDDEN = 3 };

/* Draws the past students: features (n, 2) and whether each passed (n, 1). */
static nn_dataset *past_students(void)
{
    int64_t two[] = {STUDENTS, 2}, one[] = {STUDENTS, 1};
    nn_tensor *features = nn_tensor_create(NULL, NN_FLOAT32, two, 2);
    nn_tensor *passed = nn_tensor_create(NULL, NN_FLOAT32, one, 2);
    nn_tensor *luck = nn_tensor_create(NULL, NN_FLOAT32, one, 2);
    console_check(nn_tensor_random_uniform(features, 0, 1, 1));
    console_check(nn_tensor_random_normal(luck, 0, 0.8f, 2));
    float *x = nn_tensor_floats(features), *y = nn_tensor_floats(passed);
    for (int i = 0; i < STUDENTS; i++) {
        x[2 * i] *= 8;
        x[2 * i + 1] *= 12;
        float effort = x[2 * i] + 0.5f * x[2 * i + 1] + nn_tensor_floats(luck)[i];
        y[i] = effort > 6.0f ? 1.0f : 0.0f;
    }
    nn_dataset *students = nn_dataset_create(NULL);
    console_check(nn_dataset_add_input(students, features));
    console_check(nn_dataset_add_target(students, passed));
    nn_tensor_destroy(features);
    nn_tensor_destroy(passed);
    nn_tensor_destroy(luck);
    return students;
}

/* The probability, as the network sees it, that a student passes. */
static float probability(nn_model *model, const float student[2])
{
    float y;
    const void *inputs[1] = {student};
    void *outputs[1] = {&y};
    nn_session *session = console_made(nn_session_create(model, 1));
    console_check(nn_session_run(session, inputs, 1, outputs));
    nn_session_destroy(session);
    return y;
}

/* The number that an argument is, or the end. */
static float number(const char *text)
{
    char *end;
    float value = strtof(text, &end);
    if (end == text || *end != 0) {
        fprintf(stderr, "'%s' is not a number\n", text);
        exit(1);
    }
    return value;
}

int main(int argc, char **argv)
{
    float student[2] = {number(argc > 1 ? argv[1] : "4"),
                        number(argc > 2 ? argv[2] : "5")};
    nn_dataset *students = past_students();
    nn_model *model = nn_model_create(NULL);
    nn_model_add(model, nn_input(NULL, 2));
    nn_model_add(model, nn_dense(NULL, HIDDEN, NN_TANH));
    nn_model_add(model, nn_dense(NULL, 1, NN_SIGMOID));
    nn_model_set_seed(model, 7);
    nn_trainer *trainer = console_made(
        nn_trainer_create(model, nn_binary_cross_entropy(NULL), nn_adam(NULL, 0.02)));
    console_check(nn_trainer_add_metric(trainer, NN_ACCURACY, 0));

    float before = probability(model, student);
    console_check(nn_trainer_fit(trainer, students, NULL, 60));
    float after = probability(model, student);
    double results[2];
    console_check(nn_trainer_evaluate(trainer, students, results, 2));

    printf("A student with %g lectures and %g hours of project work:\n", student[0],
           student[1]);
    printf("  before training the network says %.0f %%, which means nothing\n",
           100 * before);
    printf("  after training, %.0f %%: %s\n", 100 * after,
           after > 0.5f ? "you will pass" : "you will not pass");
    printf("RESULT probability=%.4f pass=%d accuracy=%.4f\n", after, after > 0.5f,
           results[1]);

    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    nn_dataset_destroy(students);
    return 0;
}

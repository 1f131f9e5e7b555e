/* "Will I pass this class?" A network with two features, the number of lectures attended
 * and the hours spent on the final project, learns from the students before you.
 *
 *     pass_class [lectures] [hours] [folder for the picture's numbers]
 *
 * Without arguments it is about the student of the slide, with 4 lectures and 5 hours, who
 * passed. The past students are made up: of 300, each with 0 to 8 lectures and 0 to 12
 * hours, those passed for whom lectures + hours / 2, and some luck, came to more than 5. */
#include "draw.h"
#include "points.h"

enum { STUDENTS = 300, HIDDEN = 3 };

static const float RANGE[4] = {0, 8, 0, 12}; /* of lectures and of hours */

/* Draws the past students: features (n, 2) and whether each passed (n, 1). */
static nn_dataset *past_students(const char *folder)
{
    nn_tensor *features = points_matrix(NULL, STUDENTS, 2);
    nn_tensor *passed = points_matrix(NULL, STUDENTS, 1);
    nn_tensor *luck = points_matrix(NULL, STUDENTS, 1);
    console_check(nn_tensor_random_uniform(features, 0, 1, 1));
    console_check(nn_tensor_random_normal(luck, 0, 0.8f, 2));
    float *x = nn_tensor_floats(features), *y = nn_tensor_floats(passed);
    FILE *file = draw_open(folder, "students.dat");
    for (int i = 0; i < STUDENTS; i++) {
        x[2 * i] *= 8;
        x[2 * i + 1] *= 12;
        float effort = x[2 * i] + 0.5f * x[2 * i + 1] + nn_tensor_floats(luck)[i];
        y[i] = effort > 5 ? 1.0f : 0.0f;
        fprintf(file, "%g %g %g\n", x[2 * i], x[2 * i + 1], y[i]);
    }
    draw_close(file);
    nn_tensor_destroy(luck);
    return points_dataset(features, passed);
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

/* The binary cross-entropy of that prediction, had the student passed. */
static double loss_if_passed(float prediction)
{
    double value;
    nn_tensor *f = points_matrix(&prediction, 1, 1);
    nn_tensor *y = points_matrix((float[]){1}, 1, 1);
    nn_loss *loss = nn_binary_cross_entropy(NULL);
    console_check(nn_loss_evaluate(loss, f, y, NULL, NULL, &value));
    nn_loss_destroy(loss);
    nn_tensor_destroy(f);
    nn_tensor_destroy(y);
    return value;
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
    const char *folder = argc > 3 ? argv[3] : NULL;
    nn_dataset *students = past_students(folder);
    nn_model *model = nn_model_create(NULL);
    nn_model_add(model, nn_input(NULL, 2));
    nn_model_add(model, nn_dense(NULL, HIDDEN, NN_TANH));
    nn_model_add(model, nn_dense(NULL, 1, NN_SIGMOID));
    nn_model_set_seed(model, 37); /* at first as wrong about this student as the slide */
    nn_trainer *trainer = console_made(
        nn_trainer_create(model, nn_binary_cross_entropy(NULL), nn_adam(NULL, 0.02)));
    console_check(nn_trainer_add_metric(trainer, NN_ACCURACY, 0));

    float before = probability(model, student);
    draw_map(folder, "before.dat", model, RANGE);
    console_check(nn_trainer_fit(trainer, students, NULL, 60));
    float after = probability(model, student);
    draw_map(folder, "after.dat", model, RANGE);
    double results[2]; /* loss, accuracy */
    console_check(nn_trainer_evaluate(trainer, students, results, 2));

    printf("A student with %g lectures and %g hours of project work:\n", student[0],
           student[1]);
    printf("  before training  %.2f, which means nothing;  -log of it is %.3f\n", before,
           loss_if_passed(before));
    printf("  after training   %.2f, so you will %spass;  -log of it is %.3f\n", after,
           after > 0.5f ? "" : "not ", loss_if_passed(after));
    printf("RESULT before=%.4f probability=%.4f pass=%d accuracy=%.4f loss=%.4f\n",
           before, after, after > 0.5f, results[1], loss_if_passed(after));

    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    nn_dataset_destroy(students);
    return 0;
}

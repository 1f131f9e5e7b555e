/* Gives a harness every file of its committed corpus, in order, without libFuzzer: files
 * named as arguments, or those of tests/fuzz/corpus/NAME for a program fuzz_NAME. */
#include "base/compiler.h" /* asks the system for POSIX */

#include "bytes.h"

#include <dirent.h>
#include <string.h>

enum { PATH_SIZE = 512, NAME_SIZE = 256 };

static void replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    must(file != NULL && fseek(file, 0, SEEK_END) == 0, path);
    const long size = ftell(file);
    must(size >= 0 && fseek(file, 0, SEEK_SET) == 0, path);
    /* Exactly as large as the file, so that AddressSanitizer sees a read past its end. */
    uint8_t *bytes = malloc(size > 0 ? (size_t)size : 1);
    must(bytes != NULL && fread(bytes, 1, (size_t)size, file) == (size_t)size, path);
    fclose(file);
    printf("%s\n", path);
    fflush(stdout);
    LLVMFuzzerTestOneInput(bytes, (size_t)size);
    free(bytes);
}

static int32_t replay_corpus(const char *folder)
{
    char path[PATH_SIZE + NAME_SIZE];
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);
    int32_t replayed = 0;
    must(count >= 0, folder);
    for (int i = 0; i < count; i++) {
        if (entries[i]->d_name[0] != '.') {
            snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
            replay_file(path);
            replayed++;
        }
        free(entries[i]);
    }
    free(entries);
    return replayed;
}

int main(int argc, char **argv)
{
    char folder[PATH_SIZE];
    const char *name = strrchr(argv[0], '/');
    int32_t replayed = argc - 1;
    for (int i = 1; i < argc; i++)
        replay_file(argv[i]);
    if (argc == 1) {
        name = strstr(name == NULL ? argv[0] : name, "fuzz_");
        must(name != NULL, "the program is named fuzz_NAME");
        snprintf(folder, sizeof folder, "tests/fuzz/corpus/%s", name + strlen("fuzz_"));
        replayed = replay_corpus(folder);
        must(replayed > 0, "the corpus is not empty");
    }
    printf("[  PASSED  ] %d test(s).\n", (int)replayed); /* what run_tests.sh counts */
    return 0;
}

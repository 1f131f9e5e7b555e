/* A locale whose numbers have a comma, on every machine. */
#ifndef TESTS_SUPPORT_LOCALE_H
#define TESTS_SUPPORT_LOCALE_H

/* Makes it in the test's temporary folder and switches the process to it; fails the test
 * where that is not possible. setlocale(LC_ALL, "C") switches back. */
void use_comma_locale(void);

#endif

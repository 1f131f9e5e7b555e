/* Cutting CSV (RFC 4180) into fields. A field is a piece of the bytes themselves; only
 * one with a doubled quote is copied, since a quote is left out. Rows end with LF, CRLF
 * or CR, the last one also with the end. */
#include "io/csv.h"

#include "base/memory.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void nni_csv_scan(struct nni_csv_scanner *scanner, const nn_context *context,
                  char separator, const void *bytes, size_t size)
{
    static const char mark[] = "\xEF\xBB\xBF";
    memset(scanner, 0, sizeof *scanner);
    scanner->context = context;
    scanner->separator = separator;
    scanner->start = bytes;
    scanner->at = scanner->start;
    scanner->end = scanner->start + size;
    scanner->line = 1;
    if (size >= sizeof mark - 1 && memcmp(scanner->at, mark, sizeof mark - 1) == 0) {
        scanner->at += sizeof mark - 1;
    }
}

void nni_csv_scan_release(struct nni_csv_scanner *scanner)
{
    nni_free(scanner->context, scanner->unquoted);
    scanner->unquoted = NULL;
}

void nni_csv_rewind(struct nni_csv_scanner *scanner, const struct nni_csv_scanner *to)
{
    scanner->at = to->at;
    scanner->line = to->line;
    scanner->column = to->column;
}

struct nni_csv_shown nni_csv_shown(const char *text, size_t length)
{
    struct nni_csv_shown shown;
    size_t room = sizeof shown.text - sizeof "...";
    size_t kept = length <= room ? length : room;
    while (kept < length && kept > 0 && ((unsigned char)text[kept] & 0xC0) == 0x80) {
        kept--; /* not to cut a character of several bytes */
    }
    for (size_t i = 0; i < kept; i++) {
        unsigned char c = (unsigned char)text[i];
        shown.text[i] = c < ' ' || c == 0x7F ? '?' : text[i];
    }
    memcpy(shown.text + kept, kept < length ? "..." : "", kept < length ? 4 : 1);
    return shown;
}

struct nni_csv_place nni_csv_place(const struct nni_csv_field *field, const char *name)
{
    struct nni_csv_place place;
    struct nni_csv_shown shown = nni_csv_shown(name, name == NULL ? 0 : strlen(name));
    snprintf(place.text, sizeof place.text,
             "line %" PRId64 ", column %" PRId64 "%s%s%s, byte %" PRId64, field->line,
             field->column, name == NULL ? "" : " ('", shown.text,
             name == NULL ? "" : "')", field->byte);
    return place;
}

static int csv_at_line_end(const struct nni_csv_scanner *scanner)
{
    return scanner->at == scanner->end || *scanner->at == '\n' || *scanner->at == '\r';
}

/* Goes past the line end, if it is one and not the end of all. */
static void csv_skip_line_end(struct nni_csv_scanner *scanner)
{
    if (scanner->at == scanner->end) {
        return;
    }
    if (*scanner->at == '\r' && scanner->end - scanner->at > 1 &&
        scanner->at[1] == '\n') {
        scanner->at++;
    }
    scanner->at++;
    scanner->line++;
}

int nni_csv_next_row(struct nni_csv_scanner *scanner)
{
    scanner->column = 0;
    while (scanner->at < scanner->end) {
        const char *start = scanner->at;
        while (!csv_at_line_end(scanner) && *scanner->at != scanner->separator &&
               (*scanner->at == ' ' || *scanner->at == '\t')) {
            scanner->at++;
        }
        if (!csv_at_line_end(scanner)) {
            scanner->at = start;
            return 1;
        }
        csv_skip_line_end(scanner);
    }
    return 0;
}

/* ---- one field ---- */

static nn_status csv_field_error(const struct nni_csv_field *field, const char *what)
{
    struct nni_csv_place place = nni_csv_place(field, NULL);
    return nni_fail(NN_ERROR_FORMAT, "%s: %s", place.text, what);
}

nn_status nni_csv_check_name(const struct nni_csv_field *field)
{
    return nni_utf8_valid(field->text, field->length)
               ? NN_OK
               : csv_field_error(field, "the name is not UTF-8");
}

static nn_status csv_scan_plain(struct nni_csv_scanner *scanner,
                                struct nni_csv_field *field)
{
    const char *at = scanner->at;
    const char *end = scanner->end;
    while (at < end && *at != scanner->separator && *at != '\n' && *at != '\r' &&
           *at != '"' && *at != '\0') {
        at++;
    }
    field->text = scanner->at;
    field->length = (size_t)(at - scanner->at);
    scanner->at = at;
    if (at < end && *at == '"') {
        return csv_field_error(field, "a quote in a field that does not begin with one");
    }
    if (at < end && *at == '\0') {
        return csv_field_error(field, "a zero byte, so this is no text");
    }
    return NN_OK;
}

/* Finds the closing quote of a field whose opening one has been passed; counts the lines
 * and the doubled quotes on the way. scanner->at is then past the closing one. */
static nn_status csv_find_quote(struct nni_csv_scanner *scanner,
                                struct nni_csv_field *field, size_t *doubled)
{
    field->text = scanner->at;
    for (; scanner->at < scanner->end; scanner->at++) {
        char c = *scanner->at;
        if (c == '"') {
            if (scanner->end - scanner->at < 2 || scanner->at[1] != '"') {
                field->length = (size_t)(scanner->at - field->text);
                scanner->at++;
                return NN_OK;
            }
            *doubled += 1;
            scanner->at++;
        } else if (c == '\0') {
            return csv_field_error(field, "a zero byte, so this is no text");
        } else if (c == '\n' || (c == '\r' && (scanner->end - scanner->at < 2 ||
                                               scanner->at[1] != '\n'))) {
            scanner->line++;
        }
    }
    return csv_field_error(field, "the quote is never closed");
}

/* Replaces the field by a copy with a quote for every two. */
static nn_status csv_unquote(struct nni_csv_scanner *scanner, struct nni_csv_field *field)
{
    if (field->length > scanner->capacity) {
        char *memory =
            nni_grow(scanner->context, scanner->unquoted, 0, 2 * field->length, 1);
        if (memory == NULL) {
            return nn_last_status();
        }
        scanner->unquoted = memory;
        scanner->capacity = 2 * field->length;
    }
    size_t written = 0;
    for (size_t i = 0; i < field->length; i++) {
        scanner->unquoted[written++] = field->text[i];
        if (field->text[i] == '"') {
            i++;
        }
    }
    field->text = scanner->unquoted;
    field->length = written;
    return NN_OK;
}

static nn_status csv_scan_quoted(struct nni_csv_scanner *scanner,
                                 struct nni_csv_field *field)
{
    size_t doubled = 0;
    scanner->at++;
    NNI_TRY(csv_find_quote(scanner, field, &doubled));
    if (!csv_at_line_end(scanner) && *scanner->at != scanner->separator) {
        return csv_field_error(field, "characters follow the closing quote");
    }
    return doubled == 0 ? NN_OK : csv_unquote(scanner, field);
}

nn_status nni_csv_next_field(struct nni_csv_scanner *scanner, struct nni_csv_field *field)
{
    field->line = scanner->line;
    field->byte = scanner->at - scanner->start;
    field->column = ++scanner->column;
    int quoted = scanner->at < scanner->end && *scanner->at == '"';
    NNI_TRY(quoted ? csv_scan_quoted(scanner, field) : csv_scan_plain(scanner, field));
    field->last = csv_at_line_end(scanner);
    if (field->last) {
        csv_skip_line_end(scanner);
    } else {
        scanner->at++;
    }
    return NN_OK;
}

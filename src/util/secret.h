/*
 * A secret has a type of its own, so that nothing can print it by accident.
 * The bytes are wiped when freed. Where a secret is shown it is SECRET_SHOWN.
 */
#ifndef UTIL_SECRET_H
#define UTIL_SECRET_H

#include <stddef.h>
#include "util/compiler.h"
#include "util/err.h"

#define SECRET_SHOWN "[secret]"
#define SECRET_MAX 16384

struct secret;

struct secret *secret_new(const void *bytes, size_t len) must_check;
/* Wipes and frees; NULL is fine; returns NULL. */
struct secret *secret_free(struct secret *s);
void secret_free_ptr(struct secret **s);
/* The bytes, NUL-terminated, for the library call that needs them. Borrowed. */
const char *secret_peek(const struct secret *s);
size_t secret_len(const struct secret *s);

/*
 * Read a secret file: a regular file of at most SECRET_MAX bytes that others
 * can neither read nor write; one trailing newline is dropped. On failure @err
 * says which file and what to do.
 */
int secret_read_file(const char *path, struct secret **ret,
		     struct err *err) must_check;
/*
 * Read systemd credential @name: $CREDENTIALS_DIRECTORY/NAME, then
 * .../triaged_NAME (a LoadCredential= directory gives every file that prefix).
 */
int secret_read_credential(const char *name, struct secret **ret,
			   struct err *err) must_check;

#endif

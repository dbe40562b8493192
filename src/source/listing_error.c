/*
 * What an API's error body is about: a code in one of four shapes (section 5
 * of the API notes). Called by listing.c.
 */
#include "source/listing_priv.h"

#include <stdio.h>
#include <string.h>
#include "util/jsonx.h"
#include "util/strbuf.h"
#include "util/utf8.h"

/* Error bodies are small; larger ones are a gateway's HTML. */
#define ERROR_HEAP ((size_t)1 << 20)
#define CODE_MAX 80

void listing_error_code(const char *body, size_t len, char *ret, size_t size)
{
	CLEANUP(strbuf_release) struct strbuf clean = STRBUF_INIT;
	CLEANUP(jsonx_unref) json_t *root = NULL;
	const json_t *error;
	const char *code;

	snprintf(ret, size, "%s", "");
	root = jsonx_parse(body, len, ERROR_HEAP, NULL);
	error = jsonx_get(root, "error");
	code = jsonx_str(json_is_object(error) ? error : root, "code");
	/* Microsoft.Security has a shape of its own for some errors. */
	if (!code)
		code = jsonx_str(root, "errorCode");
	if (!code)
		code = json_string_value(error);
	if (!code)
		return;
	utf8_add_clean(&clean, code, CODE_MAX, UTF8_LINE);
	snprintf(ret, size, "%s", clean.buf);
}

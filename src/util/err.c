/*
 * Errors as values. Called by every room; prints nothing, so that only the
 * doors decide what reaches a terminal or the journal.
 */
#include "util/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util/utf8.h"

static const char *const domain_text[] = {
	[ERR_AUTH - ERR_AUTH] = "sign-in refused",
	[ERR_AUTH - ERR_THROTTLED] = "told to wait",
	[ERR_AUTH - ERR_SCHEMA] = "unexpected data",
	[ERR_AUTH - ERR_LIMIT] = "over a limit",
	[ERR_AUTH - ERR_CONF] = "wrong setting",
	[ERR_AUTH - ERR_STORE] = "database error",
	[ERR_AUTH - ERR_STORE_FULL] = "no room for the database",
	[ERR_AUTH - ERR_STORE_DAMAGED] = "database damaged",
	[ERR_AUTH - ERR_STORE_NEWER] = "database of a later release",
	[ERR_AUTH - ERR_BUSY] = "busy",
	[ERR_AUTH - ERR_NET] = "connection failed",
	[ERR_AUTH - ERR_HTTP] = "request failed",
	[ERR_AUTH - ERR_REFUSED] = "refused by policy",
	[ERR_AUTH - ERR_CONFLICT] = "changed by somebody else",
	[ERR_AUTH - ERR_NOT_FOUND] = "not found",
	[ERR_AUTH - ERR_DENIED] = "permission denied",
	[ERR_AUTH - ERR_BAD_STATE] = "not possible now",
	[ERR_AUTH - ERR_CANCELLED] = "cancelled",
};

int err_set(struct err *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return code;
	err->code = code;
	va_start(ap, fmt);
	(void)vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	/* Texts quote file names and answers: foreign, and maybe cut here. */
	utf8_clean_in_place(err->text);
	return code;
}

int err_prefix(struct err *err, const char *fmt, ...)
{
	char what[sizeof(err->text)];
	struct err inner;
	va_list ap;

	if (!err)
		return 0;
	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	inner = *err;
	return err_set(err, inner.code, "%s: %s", what, inner.text);
}

const char *err_text(int code)
{
	const char *text = NULL;
	int slot = ERR_AUTH - code;

	if (code >= 0)
		return "success";
	if (slot >= 0 && (size_t)slot < ARRAY_SIZE(domain_text))
		text = domain_text[slot];
	else if (slot < 0)
		text = strerrordesc_np(-code);
	return text ? text : "unknown error";
}

/*
 * The text forms of the sign-in protocol. Called by the other token files;
 * knows nothing of tokens.
 *
 * tested with: test_token_challenge test_token_request
 */
#include "net/token_priv.h"

#include <stdlib.h>
#include <string.h>
#include "util/digest.h"
#include "util/xmalloc.h"

void token_add_escaped(struct strbuf *sb, const char *text, size_t len)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~";

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c && strchr(plain, c))
			strbuf_addch(sb, (char)c);
		else
			strbuf_addf(sb, "%%%02X", c);
	}
}

char *token_base64url(const void *bytes, size_t len)
{
	char *text = digest_base64(bytes, len);
	char *p = text;

	for (; *p && *p != '='; p++) {
		if (*p == '+')
			*p = '-';
		else if (*p == '/')
			*p = '_';
	}
	*p = '\0';
	return text;
}

int token_unbase64url(const char *text, char **ret, size_t *ret_len)
{
	CLEANUP(strbuf_release) struct strbuf plain = STRBUF_INIT;
	uint8_t *bytes;
	int rc;

	for (; *text && *text != '='; text++) {
		if (*text == '-')
			strbuf_addch(&plain, '+');
		else if (*text == '_')
			strbuf_addch(&plain, '/');
		else
			strbuf_addch(&plain, *text);
	}
	if (text[strspn(text, "=")])
		return ERR_SCHEMA;
	while (plain.len % 4)
		strbuf_addch(&plain, '=');
	rc = digest_unbase64(plain.buf, &bytes, ret_len);
	if (rc < 0)
		return rc;
	*ret = (char *)bytes;
	return 0;
}

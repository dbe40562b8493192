/*
 * The text form of the sign-in protocol. Called by the other token files;
 * knows nothing of tokens.
 *
 * tested with: test_token_challenge test_token_request
 */
#include "net/token_priv.h"

#include <string.h>

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

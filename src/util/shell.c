/* Words of a shell. Called wherever a command is made that people copy. */
#include "util/shell.h"

#include <string.h>

#include "util/xmalloc.h"

void shell_add(struct strbuf *sb, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789./_-+:@%,=";

	if (*text && !text[strspn(text, plain)]) {
		strbuf_addstr(sb, text);
		return;
	}
	strbuf_addch(sb, '\'');
	for (; *text; text++) {
		if (*text == '\'')
			strbuf_addstr(sb, "'\\''");
		else
			strbuf_addch(sb, *text);
	}
	strbuf_addch(sb, '\'');
}

void shell_add_pattern(struct strbuf *sb, const char *pattern)
{
	static const char special[] = "*?[]";

	while (*pattern) {
		size_t len = strspn(pattern, special);
		CLEANUP(free_ptr) char *rest = NULL;

		strbuf_add(sb, pattern, len);
		pattern += len;
		len = strcspn(pattern, special);
		rest = xstrndup(pattern, len);
		if (len > 0)
			shell_add(sb, rest);
		pattern += len;
	}
}

char *shell_word(const char *text)
{
	struct strbuf sb = STRBUF_INIT;

	shell_add(&sb, text);
	return strbuf_detach(&sb);
}

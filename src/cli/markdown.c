/*
 * Escapes for Markdown. Called by cli/writer_markdown. Knows no layout.
 *
 * What always means something is escaped, what means something in a place only
 * there: the document is also read as it stands, on a terminal and in a chat.
 */
#include "cli/markdown.h"

#include <ctype.h>
#include <string.h>

/* The longest name of an entity is 33 bytes. */
#define ENTITY_REACH 40

static bool is_word_char(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* "&amp;" would be read as another character, "R&D" not. */
static bool is_entity(const char *s)
{
	size_t n = strspn(s + 1, "#abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

	return n > 0 && n < ENTITY_REACH && s[1 + n] == ';';
}

/* GitHub makes links of addresses that begin like this. */
static bool is_address(const char *text, const char *s)
{
	if (*s == ':')
		return strncmp(s, "://", 3) == 0;
	return *s == '.' && s - text >= 3 && strncasecmp(s - 3, "www", 3) == 0;
}

static bool is_mark(const char *text, const char *s)
{
	switch (*s) {
	case '`':
	case '*':
	case '[':
	case ']':
	case '<':
	case '~':
	case '|':
		return true;
	case '\\':
		return s[1] == '\0' || ispunct((unsigned char)s[1]);
	case '_':
		return s == text || !is_word_char(s[-1]) || !is_word_char(s[1]);
	case '&':
		return is_entity(s);
	default:
		return is_address(text, s);
	}
}

void markdown_add_text(struct strbuf *sb, const char *text)
{
	for (const char *s = text; *s; s++) {
		if (is_mark(text, s))
			strbuf_addch(sb, '\\');
		strbuf_addch(sb, *s);
	}
}

/* The longest run of ` in @text. */
static size_t longest_run(const char *text)
{
	size_t most = 0, run = 0;

	for (; *text; text++) {
		run = *text == '`' ? run + 1 : 0;
		most = MAX(most, run);
	}
	return most;
}

void markdown_add_code(struct strbuf *sb, const char *text)
{
	size_t fence = longest_run(text) + 1, len = strlen(text);
	bool pad = len == 0 || text[0] == '`' || text[len - 1] == '`' ||
		   (text[0] == ' ' && text[len - 1] == ' ');

	for (size_t i = 0; i < fence; i++)
		strbuf_addch(sb, '`');
	strbuf_addf(sb, "%s%s%s", pad ? " " : "", text, pad ? " " : "");
	for (size_t i = 0; i < fence; i++)
		strbuf_addch(sb, '`');
}

void markdown_add_first(struct strbuf *sb, const char *word, size_t len)
{
	size_t digits = 0;

	while (digits < len && isdigit((unsigned char)word[digits]))
		digits++;
	if (len > 0 && strchr("#+-=>:", word[0])) {
		strbuf_addch(sb, '\\');
	} else if (digits > 0 && digits < len &&
		   (word[digits] == '.' || word[digits] == ')')) {
		strbuf_add(sb, word, digits);
		strbuf_addch(sb, '\\');
		word += digits;
		len -= digits;
	}
	strbuf_add(sb, word, len);
}

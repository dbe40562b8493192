/*
 * Markdown to plain text, for first steps and descriptions on a screen. HTML
 * went when the alert was read (source/html_text). Called by the commands that
 * show alerts. It never fails: what is no mark is text.
 */
#include "cli/plain.h"

#include <string.h>

/* A mark and its end are looked for within so many bytes. */
#define REACH 2000

static const char *const bullets[] = {
	"* ",
	"+ ",
	"\xe2\x80\xa2", /* U+2022, as Defender for Cloud writes */
	"\xc2\xb7", /* U+00B7 */
	"\xef\xbf\xbd\t", /* what is left of one in a wrong charset */
};

static size_t skip_blanks(const char *s, size_t len)
{
	size_t i = 0;

	while (i < len && (s[i] == ' ' || s[i] == '\t' || s[i] == '\r'))
		i++;
	return i;
}

/* Bytes of the heading mark that @s begins with: "## ". */
static size_t heading_length(const char *s, size_t len)
{
	size_t i = 0;

	while (i < len && i < 6 && s[i] == '#')
		i++;
	return i > 0 && i < len && s[i] == ' ' ? i + 1 : 0;
}

static size_t bullet_length(const char *s, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(bullets); i++) {
		size_t n = strlen(bullets[i]);

		if (len >= n && memcmp(s, bullets[i], n) == 0)
			return n + skip_blanks(s + n, len - n);
	}
	return 0;
}

/* The place of @mark in @s, or @len. */
static size_t find(const char *s, size_t len, const char *mark)
{
	const char *at = memmem(s, len, mark, strlen(mark));

	return at ? (size_t)(at - s) : len;
}

/* "[words](address)": its bytes, 0 when @s begins with none. */
static size_t add_link(struct strbuf *sb, const char *s, size_t len)
{
	size_t words, address;

	if (s[0] != '[')
		return 0;
	words = find(s, len, "](");
	if (words == len || memchr(s + 1, '[', words - 1))
		return 0;
	address = find(s + words, len - words, ")");
	if (address == len - words)
		return 0;
	strbuf_add(sb, s + 1, words - 1);
	strbuf_addstr(sb, " (");
	strbuf_add(sb, s + words + 2, address - 2);
	strbuf_addch(sb, ')');
	return words + address + 1;
}

/* Text between two marks alike: its bytes with them, 0 for none. */
static size_t add_marked(struct strbuf *sb, const char *s, size_t len)
{
	static const char *const marks[] = { "**", "__", "`" };

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		size_t n = strlen(marks[i]), end;

		if (len <= 2 * n || memcmp(s, marks[i], n) != 0 || s[n] == ' ')
			continue;
		end = find(s + n, len - n, marks[i]);
		if (end == 0 || end == len - n)
			continue;
		strbuf_add(sb, s + n, end);
		return end + 2 * n;
	}
	return 0;
}

static void add_line(struct strbuf *sb, const char *s, size_t len)
{
	size_t skip = heading_length(s, len);

	if (skip == 0) {
		skip = bullet_length(s, len);
		if (skip > 0)
			strbuf_addstr(sb, "- ");
	}
	for (size_t i = skip, n; i < len; i += n) {
		n = add_link(sb, s + i, MIN(len - i, REACH));
		if (n == 0)
			n = add_marked(sb, s + i, MIN(len - i, REACH));
		if (n == 0) {
			strbuf_addch(sb, s[i]);
			n = 1;
		}
	}
}

/* Cut what was added behind @start to @max bytes, between words. */
static void cut(struct strbuf *sb, size_t start, size_t max)
{
	size_t end = start + max;

	while (end > start && sb->buf[end] != ' ' && sb->buf[end] != '\n')
		end--;
	if (end == start) { /* one word: between letters, at least */
		end = start + max;
		while (end > start &&
		       ((unsigned char)sb->buf[end] & 0xc0) == 0x80)
			end--;
	}
	strbuf_setlen(sb, end);
}

bool plain_add(struct strbuf *sb, const char *text, size_t len,
	       size_t max_lines, size_t max_bytes)
{
	size_t start = sb->len, lines = 0, n;

	for (size_t i = 0; i < len; i += n) {
		size_t blank = skip_blanks(text + i, len - i), end;

		n = find(text + i, len - i, "\n");
		end = n;
		while (end > blank && skip_blanks(text + i + end - 1, 1))
			end--;
		if (n < len - i)
			n++;
		if (end <= blank)
			continue;
		if (max_lines && lines == max_lines)
			return true;
		if (lines++ > 0)
			strbuf_addch(sb, '\n');
		add_line(sb, text + i + blank, end - blank);
		if (max_bytes && sb->len - start > max_bytes) {
			cut(sb, start, max_bytes);
			return true;
		}
	}
	return false;
}

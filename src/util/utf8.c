/*
 * Text from strangers, made valid and harmless. Called wherever foreign text
 * is stored, shown or sent; knows no format but UTF-8.
 */
#include "util/utf8.h"

#include <assert.h>
#include <string.h>

#define EVERY_BYTE UINT64_C(0x0101010101010101)
#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */
#define ELLIPSIS "\xe2\x80\xa6" /* U+2026 */

static bool is_tail(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* Bytes promised by a first byte, and the bits it carries; 0: not a first. */
static size_t lead(unsigned char c, uint32_t *ret_bits)
{
	size_t n = 0;

	if (c < 0x80)
		n = 1;
	else if (c >= 0xc2 && c <= 0xdf)
		n = 2;
	else if (c >= 0xe0 && c <= 0xef)
		n = 3;
	else if (c >= 0xf0 && c <= 0xf4)
		n = 4;
	*ret_bits = n == 1 ? c : c & (0x7fu >> n);
	return n;
}

size_t utf8_decode(const char *s, size_t len, uint32_t *ret_point)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t point;
	size_t n = lead((unsigned char)s[0], &point);

	if (n == 0 || n > len)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if (!is_tail(s[i]))
			return 0;
		point = point << 6 | ((unsigned char)s[i] & 0x3f);
	}
	if (point < smallest[n] || point > 0x10ffff ||
	    (point >= 0xd800 && point <= 0xdfff))
		return 0;
	*ret_point = point;
	return n;
}

void utf8_add_point(struct strbuf *sb, uint32_t point)
{
	char b[4] = { (char)(0xf0 | point >> 18),
		      (char)(0x80 | (point >> 12 & 0x3f)),
		      (char)(0x80 | (point >> 6 & 0x3f)),
		      (char)(0x80 | (point & 0x3f)) };

	if (point < 0x80) {
		strbuf_addch(sb, (char)point);
	} else if (point < 0x800) {
		b[2] = (char)(0xc0 | point >> 6);
		strbuf_add(sb, b + 2, 2);
	} else if (point < 0x10000) {
		b[1] = (char)(0xe0 | point >> 12);
		strbuf_add(sb, b + 1, 3);
	} else {
		strbuf_add(sb, b, 4);
	}
}

/* Length of the run of ASCII at @s: nearly all text is nothing else. */
static size_t ascii_run(const char *s, size_t len)
{
	size_t i = 0;
	uint64_t word;

	for (; i + sizeof(word) <= len; i += sizeof(word)) {
		memcpy(&word, s + i, sizeof(word));
		if (word & EVERY_BYTE * 0x80)
			break;
	}
	while (i < len && !(s[i] & 0x80))
		i++;
	return i;
}

bool utf8_valid(const char *s, size_t len)
{
	uint32_t point;

	for (size_t i = ascii_run(s, len); i < len;) {
		size_t n = utf8_decode(s + i, len - i, &point);

		if (n == 0)
			return false;
		i += n;
		i += ascii_run(s + i, len - i);
	}
	return true;
}

size_t utf8_length(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += !is_tail(*s);
	return n;
}

bool utf8_is_harmful(uint32_t point)
{
	if (point < 0x20 || (point >= 0x7f && point <= 0x9f))
		return true;
	/* Line and paragraph separator, embeddings and overrides, isolates. */
	return (point >= 0x2028 && point <= 0x202e) ||
	       (point >= 0x2066 && point <= 0x2069);
}

bool utf8_is_deceptive(uint32_t point)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0x00ad, 0x00ad }, /* soft hyphen */
		{ 0x061c, 0x061c }, /* Arabic letter mark */
		{ 0x200b, 0x200b }, /* zero width space */
		{ 0x200e, 0x200f }, /* left-to-right and right-to-left mark */
		{ 0x2060, 0x206f }, /* invisible operators */
		{ 0xfeff, 0xfeff }, /* byte order mark */
		{ 0xfff9, 0xfffb }, /* interlinear annotation */
		{ 0xe0000, 0xe007f }, /* tags */
	};

	if (utf8_is_harmful(point))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		if (point >= ranges[i].first && point <= ranges[i].last)
			return true;
	}
	return false;
}

/*
 * One step of cleaning: how many bytes of @s it covers (at least 1), and what
 * stands for them in *ret_out / *ret_len (length 0: dropped).
 */
static size_t clean_step(const char *s, size_t len, enum utf8_clean how,
			 const char **ret_out, size_t *ret_len)
{
	uint32_t point;
	size_t n = utf8_decode(s, len, &point);

	*ret_out = s;
	*ret_len = n;
	if (n == 0) {
		*ret_out = REPLACEMENT;
		*ret_len = strlen(REPLACEMENT);
		return 1;
	}
	if (!utf8_is_harmful(point))
		return n;
	if (point == '\r' && len > 1 && s[1] == '\n')
		n = 2;
	if (point == '\n' || point == '\r' || point == '\t') {
		*ret_out = how != UTF8_KEEP_NEWLINES ? " "
			   : point == '\t'	     ? "\t"
						     : "\n";
		*ret_len = 1;
		return n;
	}
	*ret_len = 0;
	return n;
}

/* Length of the run of printable ASCII at @s, where nothing is to clean. */
static size_t plain_run(const char *s, size_t len)
{
	size_t i = 0;
	uint64_t w;

	for (; i + sizeof(w) <= len; i += sizeof(w)) {
		memcpy(&w, s + i, sizeof(w));
		/* Above ASCII; DEL; below the space. */
		if ((w | (w + EVERY_BYTE) | (w - EVERY_BYTE * 0x20)) &
		    EVERY_BYTE * 0x80)
			break;
	}
	while (i < len && s[i] >= 0x20 && s[i] < 0x7f)
		i++;
	return i;
}

void utf8_add_clean(struct strbuf *sb, const char *s, size_t max_chars,
		    enum utf8_clean how)
{
	size_t len = strlen(s), n_chars = 0;
	size_t cut_at = sb->len; /* where the ellipsis would go */

	while (len > 0) {
		const char *out;
		size_t out_len;
		size_t n = plain_run(s, len);

		/* Most text is plain and fits: in one piece. The last that fits
		 * goes by itself, for it may have to make room. */
		if (max_chars)
			n = MIN(n, max_chars - 1 - MIN(n_chars, max_chars - 1));
		if (n > 0) {
			out = s;
			out_len = n;
			n_chars += n - 1;
		} else {
			n = clean_step(s, len, how, &out, &out_len);
		}
		s += n;
		len -= n;
		if (out_len == 0)
			continue;
		if (max_chars && n_chars == max_chars) {
			strbuf_setlen(sb, cut_at);
			strbuf_addstr(sb, ELLIPSIS);
			return;
		}
		if (n_chars + 1 == max_chars)
			cut_at = sb->len;
		strbuf_add(sb, out, out_len);
		n_chars++;
	}
}

char *utf8_clean_dup(const char *s, size_t max_chars, enum utf8_clean how)
{
	struct strbuf sb = STRBUF_INIT;

	if (!s)
		return NULL;
	utf8_add_clean(&sb, s, max_chars, how);
	return strbuf_detach(&sb);
}

/* Is @s the beginning of a code point that the end of the text cut off? */
static bool is_cut_short(const char *s, size_t len)
{
	uint32_t bits;
	size_t n = lead((unsigned char)s[0], &bits);
	size_t i = 1;

	while (i < len && is_tail(s[i]))
		i++;
	return i == len && n > len;
}

void utf8_clean_in_place(char *s)
{
	size_t len = strlen(s);
	char *to = s;

	while (len > 0) {
		const char *out;
		size_t out_len;
		size_t n = clean_step(s, len, UTF8_LINE, &out, &out_len);

		if (out_len > n) {
			/* U+FFFD for one byte would not fit. */
			out = "?";
			out_len = !is_cut_short(s, len);
			n = out_len ? n : len;
		}
		memmove(to, out, out_len);
		to += out_len;
		s += n;
		len -= n;
	}
	*to = '\0';
}

void utf8_clean_into(char *to, size_t size, const char *s)
{
	size_t len = strlen(s);
	bool fits = len < size;

	assert(size >= sizeof(ELLIPSIS));
	if (!fits)
		len = size - sizeof(ELLIPSIS);
	memcpy(to, s, len);
	to[len] = '\0';
	utf8_clean_in_place(to);
	if (!fits)
		memcpy(to + strlen(to), ELLIPSIS, sizeof(ELLIPSIS));
}

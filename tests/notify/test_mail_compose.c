/*
 * Messages parsed back by a small reader of this file's own: what went in
 * comes out, and nothing else.
 *
 * Battery: E4.
 */
#include "notify/mail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <cmocka.h>

#include "notify/sample.h"
#include "util/digest.h"
#include "util/utf8.h"

#define FROM "triaged@example.org"

/* ---- the reader ---- */

/* CRLF alone ends a line, all is ASCII, no line is too long. */
static void assert_wire(const struct strbuf *b)
{
	size_t column = 0;

	for (size_t i = 0; i < b->len; i++) {
		unsigned char c = (unsigned char)b->buf[i];

		assert_true(c == '\r' || c == '\n' || c == '\t' ||
			    (c >= ' ' && c <= '~'));
		if (c == '\r')
			assert_int_equal(b->buf[i + 1], '\n');
		if (c == '\n') {
			assert_int_equal(b->buf[i - 1], '\r');
			column = 0;
			/* Neither the end of the text nor in need of stuffing.
			 */
			assert_int_not_equal(b->buf[i + 1], '.');
			continue;
		}
		column += c != '\r';
		assert_true(column <= 78);
	}
}

static const char *body_of(const struct strbuf *b)
{
	const char *end = strstr(b->buf, "\r\n\r\n");

	assert_non_null(end);
	return end + 4;
}

/* How many headers there are, and the unfolded value of @name (heap). */
static char *header(const struct strbuf *b, const char *name, int *ret_n)
{
	const char *end = body_of(b) - 2;
	struct strbuf value = STRBUF_INIT;
	bool mine = false;
	int n = 0;

	for (const char *p = b->buf; p < end;) {
		const char *eol = strstr(p, "\r\n");

		if (*p != ' ') {
			const char *colon = memchr(p, ':', (size_t)(eol - p));

			assert_non_null(colon);
			mine = strncasecmp(p, name, strlen(name)) == 0 &&
			       p + strlen(name) == colon;
			n += mine;
			p = mine ? colon + 1 : p;
		}
		if (mine)
			strbuf_add(&value, p, (size_t)(eol - p));
		p = eol + 2;
	}
	*ret_n = n;
	return strbuf_detach(&value);
}

static void assert_header(const struct strbuf *b, const char *name,
			  const char *expected)
{
	int n;
	char *value = header(b, name, &n);

	assert_int_equal(n, expected ? 1 : 0);
	if (expected)
		assert_string_equal(value + strspn(value, " "), expected);
	free(value);
}

/* RFC 2047 in the one form we write; plain text comes back as it is. */
static char *decode_words(const char *s)
{
	struct strbuf out = STRBUF_INIT;

	s += strspn(s, " ");
	while (strncmp(s, "=?UTF-8?B?", 10) == 0) {
		const char *end = strstr(s + 10, "?=");
		char *word = xstrndup(s + 10, (size_t)(end - s - 10));
		uint8_t *bytes;
		size_t len;

		assert_true(end + 2 - s <= 75);
		assert_int_equal(digest_unbase64(word, &bytes, &len), 0);
		assert_true(utf8_valid((char *)bytes, len));
		strbuf_add(&out, bytes, len);
		free(bytes);
		free(word);
		s = end + 2;
		s += strspn(s, " ");
	}
	strbuf_addstr(&out, s);
	return strbuf_detach(&out);
}

static int hex(char c)
{
	static const char digits[] = "0123456789ABCDEF";

	assert_non_null(strchr(digits, c));
	return (int)(strchr(digits, c) - digits);
}

/* The decoded text of part @index, LF line ends. */
static char *part(const struct strbuf *b, int index)
{
	static const char mark[] = "\r\n--=_triaged_alternative";
	const char *p = strstr(b->buf, mark + 2);
	struct strbuf out = STRBUF_INIT;
	const char *end;

	p = body_of(b);
	while (index-- > 0)
		p = strstr(p, mark) + 2;
	p = strstr(p, "\r\n\r\n") + 4;
	end = strstr(p, mark);
	while (p < end) {
		if (strncmp(p, "=\r\n", 3) == 0) {
			p += 3;
		} else if (*p == '=') {
			strbuf_addch(&out, (char)(hex(p[1]) * 16 + hex(p[2])));
			p += 3;
		} else {
			if (*p != '\r')
				strbuf_addch(&out, *p);
			p++;
		}
	}
	return strbuf_detach(&out);
}

/* ---- the tests ---- */

static void message_init(struct mail_message *m)
{
	*m = (struct mail_message){
		.id = 1,
		.recipient = xstrdup("anna@example.net"),
		.subject = xstrdup("[HIGH] Suspicious PowerShell (#42)"),
		.text = xstrdup("first\nsecond\n"),
		.html = xstrdup("<p>first</p>\n"),
		.message_id = xstrdup("0123@example.org"),
		.thread_id = xstrdup("alert-77@example.org"),
		.importance = "high",
		.alert_key = xstrdup("77"),
		.kind = "opened",
		.severity = "high",
		.date_ms = SAMPLE_NOW_MS,
	};
}

static void test_headers(void **state)
{
	static const struct {
		const char *name, *value;
	} rows[] = {
		{ "Date", "Sat, 21 Nov 2026 10:25:00 +0000" },
		{ "From", "triaged <triaged@example.org>" },
		{ "To", "anna@example.net" },
		{ "Subject", "[HIGH] Suspicious PowerShell (#42)" },
		{ "Message-ID", "<0123@example.org>" },
		{ "In-Reply-To", "<alert-77@example.org>" },
		{ "References", "<alert-77@example.org>" },
		{ "Auto-Submitted", "auto-generated" },
		{ "X-Auto-Response-Suppress", "All" },
		{ "List-Id", "triaged alerts <alerts.triaged.example.org>" },
		{ "Importance", "high" },
		{ "X-Priority", "1" },
		{ "Priority", "urgent" },
		{ "X-Triaged-Alert", "77" },
		{ "X-Triaged-Event", "opened" },
		{ "X-Triaged-Severity", "high" },
		{ "MIME-Version", "1.0" },
		{ "Content-Type", "multipart/alternative; "
				  "boundary=\"=_triaged_alternative\"" },
		{ "Bcc", NULL },
	};
	struct strbuf b = STRBUF_INIT;
	struct mail_message m;
	char *text;

	(void)state;
	message_init(&m);
	mail_compose(&m, FROM, &b);
	assert_wire(&b);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_header(&b, rows[i].name, rows[i].value);
	text = part(&b, 0);
	assert_string_equal(text, "first\nsecond\n");
	free(text);
	text = part(&b, 1);
	assert_string_equal(text, "<p>first</p>\n");
	free(text);
	strbuf_release(&b);
	mail_message_release(&m);
}

static void test_without_thread_and_recipient(void **state)
{
	struct strbuf b = STRBUF_INIT;
	struct mail_message m = { .date_ms = SAMPLE_NOW_MS };

	(void)state;
	mail_compose(&m, FROM, &b);
	assert_wire(&b);
	assert_header(&b, "To", "undisclosed-recipients:;");
	assert_header(&b, "In-Reply-To", NULL);
	assert_header(&b, "References", NULL);
	assert_header(&b, "X-Triaged-Alert", NULL);
	strbuf_release(&b);
}

static void test_subjects_come_back(void **state)
{
	static const char *const subjects[] = {
		"plain",
		"[HIGH] a subject that is long enough to be folded because it "
		"does not fit into seventy-six columns, twice over (#42)",
		"two  blanks",
		" leading",
		"trailing ",
		"fake =?UTF-8?B?eA==?= word",
		"Verd\xc3\xa4"
		"chtige PowerShell auf vm-web-1",
		"\xf0\x9f\x94\xa5\xf0\x9f\x94\xa5\xf0\x9f\x94\xa5\xf0\x9f\x94"
		"\xa5\xf0\x9f\x94\xa5\xf0\x9f\x94\xa5\xf0\x9f\x94\xa5\xf0\x9f"
		"\x94\xa5\xf0\x9f\x94\xa5\xf0\x9f\x94\xa5\xf0\x9f\x94\xa5 x",
		"wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww"
		"wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww"
		"w",
		"",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++) {
		struct strbuf b = STRBUF_INIT;
		struct mail_message m;
		char *value, *decoded;
		int n;

		message_init(&m);
		sample_set(&m.subject, subjects[i]);
		mail_compose(&m, FROM, &b);
		assert_wire(&b);
		value = header(&b, "Subject", &n);
		assert_int_equal(n, 1);
		decoded = decode_words(value);
		assert_string_equal(decoded, subjects[i]);
		free(decoded);
		free(value);
		strbuf_release(&b);
		mail_message_release(&m);
	}
}

static void test_bodies_come_back(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		".\n",
		"\n.\n\n..\n.x\n",
		"From anna\nFrom: x\n",
		"a = b =3D =\n",
		"trailing blank \nand tab\t\nend ",
		"Gr\xc3\xbc\xc3\x9f"
		"e \xf0\x9f\x94\xa5\n",
		"--=_triaged_alternative--\n",
		/* A dot right behind a soft line end. */
		"1234567890123456789012345678901234567890123456789012345678901"
		"23456789012345.678\n",
		"1234567890123456789012345678901234567890123456789012345678901"
		"2345678901234 \n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct strbuf b = STRBUF_INIT;
		struct mail_message m;
		char *text;

		message_init(&m);
		sample_set(&m.text, texts[i]);
		mail_compose(&m, FROM, &b);
		assert_wire(&b);
		text = part(&b, 0);
		assert_string_equal(text, texts[i]);
		free(text);
		strbuf_release(&b);
		mail_message_release(&m);
	}
}

/* Every header field hostile: one message, no header of somebody else. */
static void test_hostile_fields(void **state)
{
	char *huge = sample_long_text(1000000);
	const char *const values[] = { SAMPLE_HOSTILE, huge };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		struct strbuf b = STRBUF_INIT;
		struct mail_message m;
		char *value;
		int n;

		message_init(&m);
		sample_set(&m.subject, values[i]);
		sample_set(&m.text, values[i]);
		sample_set(&m.html, values[i]);
		if (i == 0) {
			sample_set(&m.message_id, values[i]);
			sample_set(&m.thread_id, values[i]);
			sample_set(&m.alert_key, values[i]);
			m.kind = m.severity = values[i];
		}
		mail_compose(&m, FROM, &b);
		value = header(&b, "Bcc", &n);
		assert_int_equal(n, 0);
		free(value);
		value = header(&b, "Subject", &n);
		assert_int_equal(n, 1);
		free(value);
		assert_null(strstr(b.buf, "\r\n.\r\n"));
		assert_int_equal(strlen(b.buf), b.len);
		if (i == 1)
			assert_wire(&b);
		strbuf_release(&b);
		mail_message_release(&m);
	}
	free(huge);
}

static void test_addresses(void **state)
{
	static const struct {
		const char *address;
		bool ok;
	} rows[] = {
		{ "anna@example.org", true },
		{ "a+b.c_d@mx-1.example.org", true },
		{ NULL, false },
		{ "", false },
		{ "anna", false },
		{ "@example.org", false },
		{ "anna@", false },
		{ "anna@b@c", false },
		{ "anna@example.org\r\nRCPT TO:<x@y>", false },
		{ "anna @example.org", false },
		{ "<anna@example.org>", false },
		{ "anna@example.org,bert@example.org", false },
		{ "\"anna\"@example.org", false },
		{ "ann\xc3\xa4@example.org", false },
		{ "anna@example.org\x7f", false },
	};
	char longest[300];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(mail_address_ok(rows[i].address), rows[i].ok);
	memset(longest, 'a', sizeof(longest));
	memcpy(longest + sizeof(longest) - 6, "@b.cd", 6);
	assert_false(mail_address_ok(longest));
	assert_true(mail_address_ok(longest + 45));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_without_thread_and_recipient),
		cmocka_unit_test(test_subjects_come_back),
		cmocka_unit_test(test_bodies_come_back),
		cmocka_unit_test(test_hostile_fields),
		cmocka_unit_test(test_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

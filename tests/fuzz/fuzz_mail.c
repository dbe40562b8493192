/*
 * The mail builder, read back by a parser of its own: one message of ours, with
 * our headers and no other, whose subject and two texts are what was given.
 * Zero bytes end a field.
 */
#include "fuzz/fuzz.h"

#include <openssl/evp.h>
#include <strings.h>
#include "notify/mail.h"

#define FROM "triaged@example.org"
#define LINE_MAX_OCTETS 998 /* RFC 5322, 2.1.1 */

static const char *const names[] = {
	"Date",		"From",
	"To",		"Subject",
	"Message-ID",	"In-Reply-To",
	"References",	"Auto-Submitted",
	"List-Id",	"X-Auto-Response-Suppress",
	"Importance",	"X-Priority",
	"Priority",	"X-Triaged-Alert",
	"MIME-Version", "X-Triaged-Event",
	"Content-Type", "X-Triaged-Severity",
};

/* Every byte is printable ASCII, lines end with CRLF and are not too long. */
static void check_bytes(const struct strbuf *m)
{
	size_t line = 0;

	for (size_t i = 0; i < m->len; i++) {
		unsigned char c = (unsigned char)m->buf[i];

		if (c == '\r') {
			must(m->buf[i + 1] == '\n');
			continue;
		}
		must(c == '\n' ? i > 0 && m->buf[i - 1] == '\r'
			       : (c >= ' ' && c <= '~') || c == '\t');
		line = c == '\n' ? 0 : line + 1;
		must(line <= LINE_MAX_OCTETS);
		must(!(c == '.' && line == 1));
	}
}

/* Each header is one of ours and there once; the subject is kept. Returns what
 * follows the empty line. */
static const char *read_headers(const char *p, struct strbuf *subject)
{
	bool seen[ARRAY_SIZE(names)] = { false };
	size_t last = ARRAY_SIZE(names);

	for (; strncmp(p, "\r\n", 2) != 0; p = strstr(p, "\r\n") + 2) {
		size_t n = strcspn(p, ":\r"), i = 0;

		if (*p != ' ') {
			while (i < ARRAY_SIZE(names) &&
			       (strlen(names[i]) != n ||
				strncmp(p, names[i], n) != 0))
				i++;
			must(i < ARRAY_SIZE(names) && !seen[i]);
			seen[i] = true;
			last = i;
			n += 1;
		} else {
			must(last < ARRAY_SIZE(names));
			n = 0;
		}
		if (last < ARRAY_SIZE(names) &&
		    strcmp(names[last], "Subject") == 0)
			strbuf_add(subject, p + n, strcspn(p + n, "\r"));
	}
	must(seen[0] && seen[1] && seen[2] && seen[3]);
	return p + 2;
}

/* RFC 2047, base64 words alone; other words stand for themselves. */
static void decode_subject(const char *s, struct strbuf *out)
{
	static const char word[] = " =?UTF-8?B?";
	size_t n = strlen(word);

	while (strncmp(s, word, n) == 0) {
		unsigned char bytes[64];
		size_t len = strcspn(s + n, "?");
		int got;

		must(len <= 52 && len % 4 == 0 && len > 0);
		got = EVP_DecodeBlock(bytes, (const unsigned char *)s + n,
				      (int)len);
		must(got > 0);
		got -= s[n + len - 1] == '=';
		got -= s[n + len - 2] == '=';
		must(utf8_valid((const char *)bytes, (size_t)got));
		strbuf_add(out, bytes, (size_t)got);
		s += n + len;
		must(strncmp(s, "?=", 2) == 0);
		s += 2;
	}
	strbuf_addstr(out, s + (*s == ' ' && out->len == 0));
}

static void check_subject(const char *raw, const char *given)
{
	CLEANUP(free_ptr)
	char *want = utf8_clean_dup(given, 300, UTF8_LINE);
	CLEANUP(strbuf_release) struct strbuf got = STRBUF_INIT;

	decode_subject(raw, &got);
	must(strcmp(got.buf, want) == 0);
}

/* One part from @p to its boundary: quoted-printable back to text. */
static const char *read_part(const char *p, const char *type, const char *given)
{
	static const char boundary[] = "--=_triaged_alternative";
	CLEANUP(strbuf_release) struct strbuf want = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf got = STRBUF_INIT;
	const char *end;

	must(strncmp(p, boundary, strlen(boundary)) == 0);
	must(strstr(p, type) == p + strlen(boundary) + 16);
	p = strstr(p, "\r\n\r\n") + 4;
	end = strstr(p, boundary);
	must(end);
	for (; p < end; p++) {
		unsigned c;

		if (*p == '\r')
			continue;
		if (*p != '=') {
			strbuf_addch(&got, *p);
		} else if (p[1] == '\r') {
			p += 2;
		} else {
			must(sscanf(p + 1, "%2X", &c) == 1);
			strbuf_addch(&got, (char)c);
			p += 2;
		}
	}
	for (; *given; given++)
		if (*given != '\r')
			strbuf_addch(&want, *given);
	strbuf_addch(&want, '\n');
	must(strcmp(got.buf, want.buf) == 0);
	return end;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = { data, size };
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf subject = STRBUF_INIT;
	struct mail_message m = { .date_ms = 1772442000000,
				  .kind = "opened",
				  .severity = "high",
				  .importance = "high" };
	const char *p;

	m.subject = feed_text(&f);
	m.text = feed_text(&f);
	m.html = feed_text(&f);
	m.recipient = feed_text(&f);
	m.message_id = feed_text(&f);
	m.thread_id = feed_text(&f);
	m.alert_key = feed_text(&f);
	/* The rest makes no more than one address or id. */
	if (mail_address_ok(m.recipient) && strlen(m.message_id) < 500 &&
	    strlen(m.thread_id) < 500 && strlen(m.alert_key) < 500) {
		mail_compose(&m, FROM, &out);
		must(strlen(out.buf) == out.len);
		check_bytes(&out);
		p = read_headers(out.buf, &subject);
		check_subject(subject.buf, m.subject);
		p = read_part(p, "text/plain", m.text);
		p = read_part(p, "text/html", m.html);
		must(strcmp(p, "--=_triaged_alternative--\r\n") == 0);
	}
	mail_message_release(&m);
	return 0;
}

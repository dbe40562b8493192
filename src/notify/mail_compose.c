/*
 * A message as bytes: headers and a multipart/alternative body that any mail
 * server takes. Called by mail.c and folder.c. Its own composer and not
 * curl_mime, so that the folder and the tests see exactly what is sent.
 *
 * Nothing gets in that could end a header or the text: header values are cut
 * down to printable ASCII, bodies are quoted-printable with no line that
 * begins with a dot.
 */
#include "notify/mail.h"

#include <stdlib.h>
#include <string.h>
#include "util/digest.h"
#include "util/timefmt.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

#define CRLF "\r\n"
#define QP_COLUMNS 76
#define HEADER_COLUMNS 76
#define SUBJECT_MAX 300 /* characters */
#define ADDRESS_MAX 254 /* RFC 5321, 4.5.3.1.3 */
/* Longer words are no words; encoded text can be folded anywhere. */
#define PLAIN_WORD_MAX 60
/* Bytes of UTF-8 in an encoded word: 52 characters of base64 and its 12. */
#define ENCODED_BYTES 39

bool mail_address_ok(const char *address)
{
	const char *at = address ? strchr(address, '@') : NULL;

	if (!at || at == address || !at[1] || strchr(at + 1, '@') ||
	    strlen(address) > ADDRESS_MAX)
		return false;
	for (const char *p = address; *p; p++) {
		/* What has a meaning in MAIL FROM:<...> or in a list. */
		if (*p <= ' ' || *p > '~' || strchr("<>()[]\\,;:\"", *p))
			return false;
	}
	return true;
}

/* A header of one token or address; nothing but printable ASCII passes. */
static void add_header(struct strbuf *out, const char *name, const char *before,
		       const char *value, const char *after)
{
	strbuf_addf(out, "%s: %s", name, before);
	for (const char *p = value; *p; p++) {
		if (*p >= ' ' && *p <= '~')
			strbuf_addch(out, *p);
	}
	strbuf_addf(out, "%s" CRLF, after);
}

/* Can it stand as it is, folded at its single blanks? */
static bool is_plain(const char *s)
{
	size_t word = 0;

	if (*s == '\0' || *s == ' ' || strstr(s, "=?"))
		return false;
	for (; *s; s++) {
		if (*s < ' ' || *s > '~')
			return false;
		if (*s == ' ' && (s[1] == ' ' || s[1] == '\0'))
			return false;
		word = *s == ' ' ? 0 : word + 1;
		if (word > PLAIN_WORD_MAX)
			return false;
	}
	return true;
}

static void add_folded(struct strbuf *out, const char *s, size_t column)
{
	while (*s) {
		size_t len = strcspn(s, " ");

		if (column + 1 + len > HEADER_COLUMNS) {
			strbuf_addstr(out, CRLF);
			column = 0;
		}
		strbuf_addch(out, ' ');
		strbuf_add(out, s, len);
		column += 1 + len;
		s += len;
		s += *s == ' ';
	}
	strbuf_addstr(out, CRLF);
}

/* RFC 2047: words of whole code points, at most 75 characters each. */
static void add_encoded(struct strbuf *out, const char *s)
{
	for (size_t len = strlen(s); len > 0;) {
		size_t n = MIN(len, (size_t)ENCODED_BYTES);
		char *base64;

		while (n < len && ((unsigned char)s[n] & 0xc0) == 0x80)
			n--;
		base64 = digest_base64(s, n);
		strbuf_addf(out, " =?UTF-8?B?%s?=" CRLF, base64);
		free(base64);
		s += n;
		len -= n;
	}
}

static void add_subject(struct strbuf *out, const char *subject)
{
	CLEANUP(free_ptr)
	char *clean = utf8_clean_dup(subject, SUBJECT_MAX, UTF8_LINE);

	strbuf_addstr(out, "Subject:");
	if (is_plain(clean))
		add_folded(out, clean, strlen("Subject:"));
	else if (clean[0])
		add_encoded(out, clean);
	else
		strbuf_addstr(out, CRLF);
}

static void add_importance(struct strbuf *out, const char *importance)
{
	static const struct {
		const char *importance, *x_priority, *priority;
	} words[] = {
		{ "high", "1", "urgent" },
		{ "normal", "3", "normal" },
		{ "low", "5", "non-urgent" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(words[i].importance, importance) != 0)
			continue;
		strbuf_addf(out,
			    "Importance: %s" CRLF "X-Priority: %s" CRLF
			    "Priority: %s" CRLF,
			    importance, words[i].x_priority, words[i].priority);
	}
}

static const char *domain_of(const char *address)
{
	const char *at = strrchr(address, '@');

	return at && at[1] ? at + 1 : "localhost";
}

static void add_envelope(struct strbuf *out, const struct mail_message *m,
			 const char *from)
{
	char date[TIMEFMT_MAX];

	add_header(out, "Date", "", timefmt_mail(m->date_ms, date), "");
	add_header(out, "From", "triaged <", from, ">");
	if (m->recipient)
		add_header(out, "To", "", m->recipient, "");
	else
		strbuf_addstr(out, "To: undisclosed-recipients:;" CRLF);
	add_subject(out, m->subject ? m->subject : "");
	if (m->message_id)
		add_header(out, "Message-ID", "<", m->message_id, ">");
	if (m->thread_id) {
		add_header(out, "In-Reply-To", "<", m->thread_id, ">");
		add_header(out, "References", "<", m->thread_id, ">");
	}
}

/* What keeps holiday notes away and lets people filter. */
static void add_markers(struct strbuf *out, const struct mail_message *m,
			const char *from)
{
	/* RFC 3834; Exchange listens to the second one alone. */
	strbuf_addstr(out, "Auto-Submitted: auto-generated" CRLF
			   "X-Auto-Response-Suppress: All" CRLF);
	add_header(out, "List-Id", "triaged alerts <alerts.triaged.",
		   domain_of(from), ">");
	if (m->importance)
		add_importance(out, m->importance);
	if (m->alert_key)
		add_header(out, "X-Triaged-Alert", "", m->alert_key, "");
	if (m->kind)
		add_header(out, "X-Triaged-Event", "", m->kind, "");
	if (m->severity)
		add_header(out, "X-Triaged-Severity", "", m->severity, "");
}

/*
 * Must this byte be written as =XX? A dot or "From " at the beginning of a
 * line would be legal, but not every relay and mailbox format copies them
 * unharmed.
 */
static bool qp_must_encode(const char *p, size_t column)
{
	unsigned char c = (unsigned char)*p;

	if (c == ' ' || c == '\t')
		return p[1] == '\n' || p[1] == '\0';
	if (c < 0x21 || c > 0x7e || c == '=')
		return true;
	return column == 0 &&
	       (c == '.' || strncmp(p, "From ", strlen("From ")) == 0);
}

/* Bytes at @p that stand for themselves wherever they are in a line, at most
 * @max: most of a text. */
static size_t qp_plain_run(const char *p, size_t max)
{
	size_t n = 0;

	while (n < max && p[n] > ' ' && p[n] < 0x7f && p[n] != '=')
		n++;
	return n;
}

static void qp_add(struct strbuf *out, unsigned char c)
{
	static const char digits[] = "0123456789ABCDEF";
	const char text[] = { '=', digits[c >> 4], digits[c & 15] };

	strbuf_add(out, text, sizeof(text));
}

/* @text has LF line ends; a stray CR would be a line end of its own. */
static void add_quoted_printable(struct strbuf *out, const char *text)
{
	size_t column = 0;

	for (const char *p = text; *p; p++) {
		/* One column is kept for the soft line end. */
		size_t room = QP_COLUMNS - 1 - column;
		size_t n = column > 0 ? qp_plain_run(p, room) : 0;
		bool encode;

		strbuf_add(out, p, n);
		column += n;
		p += n;
		if (*p == '\0')
			break;
		if (*p == '\r')
			continue;
		if (*p == '\n') {
			strbuf_addstr(out, CRLF);
			column = 0;
			continue;
		}
		encode = qp_must_encode(p, column);
		if (column + (encode ? 3 : 1) > QP_COLUMNS - 1) {
			strbuf_addstr(out, "=" CRLF);
			column = 0;
			encode = qp_must_encode(p, column);
		}
		if (encode)
			qp_add(out, (unsigned char)*p);
		else
			strbuf_addch(out, *p);
		column += encode ? 3 : 1;
	}
	strbuf_addstr(out, CRLF);
}

static void add_part(struct strbuf *out, const char *type, const char *text,
		     const char *boundary)
{
	strbuf_addf(out,
		    "--%s" CRLF "Content-Type: %s; charset=utf-8" CRLF
		    "Content-Transfer-Encoding: quoted-printable" CRLF CRLF,
		    boundary, type);
	add_quoted_printable(out, text ? text : "");
}

void mail_compose(const struct mail_message *m, const char *from,
		  struct strbuf *out)
{
	/* "=_" cannot stand in quoted-printable, so no text holds it. */
	static const char boundary[] = "=_triaged_alternative";

	add_envelope(out, m, from);
	add_markers(out, m, from);
	strbuf_addf(out,
		    "MIME-Version: 1.0" CRLF
		    "Content-Type: multipart/alternative;" CRLF
		    " boundary=\"%s\"" CRLF CRLF,
		    boundary);
	/* Clients show the last part they can: plain first. */
	add_part(out, "text/plain", m->text, boundary);
	add_part(out, "text/html", m->html, boundary);
	strbuf_addf(out, "--%s--" CRLF, boundary);
}

void mail_message_release(struct mail_message *m)
{
	free(m->recipient);
	free(m->subject);
	free(m->text);
	free(m->html);
	free(m->message_id);
	free(m->thread_id);
	free(m->alert_key);
	secret_free(m->token);
	memset(m, 0, sizeof(*m));
}

/*
 * What comes in: header lines and body bytes, as curl hands them over. Runs
 * inside curl's callbacks, so it only copies and counts; it calls neither
 * curl nor anybody else.
 */
#include "net/xfer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "net/xfer_priv.h"
#include "util/clock.h"
#include "util/timefmt.h"

#define RETRY_AFTER_MAX_MS ((int64_t)3600 * 1000)
/* Pages of a listing have some hundred KiB. */
#define RESERVE_MAX ((size_t)1 << 20)
/* "Sat, 21 Nov 2026 21:22:00 GMT"; the two old forms of a date differ. */
#define IMF_DATE_LEN 29

struct header {
	const char *value; /* between the blanks; not NUL-terminated */
	size_t value_len, name_len;
	const char *name;
};

/* Decimal digits and nothing else, times @unit_ms, capped; 0 is nonsense. */
static int64_t digits_ms(const char *s, int64_t unit_ms)
{
	int64_t ms = 0;

	if (!*s)
		return 0;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return 0;
		if (ms < RETRY_AFTER_MAX_MS) /* else only look for nonsense */
			ms = ms * 10 + (*s - '0') * unit_ms;
	}
	return MIN(ms, RETRY_AFTER_MAX_MS);
}

int64_t xfer_retry_after_ms(const char *value, int64_t now_ms)
{
	int64_t then_ms;

	if (!value)
		return 0;
	value += strspn(value, " \t");
	if (*value >= '0' && *value <= '9')
		return digits_ms(value, 1000);
	if (timefmt_parse_http_date(value, &then_ms) < 0 || then_ms <= now_ms)
		return 0;
	return MIN(then_ms - now_ms, RETRY_AFTER_MAX_MS);
}

/* "Name: value" to its parts; false for the status line and the blank one. */
static bool header_split(const char *line, size_t len, struct header *ret)
{
	const char *colon = memchr(line, ':', len);
	const char *end = line + len;

	if (!colon)
		return false;
	ret->name = line;
	ret->name_len = (size_t)(colon - line);
	ret->value = colon + 1;
	while (ret->value < end && strchr(" \t", *ret->value))
		ret->value++;
	while (end > ret->value && strchr(" \t\r\n", end[-1]))
		end--;
	ret->value_len = (size_t)(end - ret->value);
	return true;
}

static bool header_is(const struct header *h, const char *name)
{
	return h->name_len == strlen(name) &&
	       !strncasecmp(h->name, name, h->name_len);
}

/* Printable ASCII of the value, cut to @size. */
static void header_copy(const struct header *h, char *ret, size_t size)
{
	size_t len = MIN(h->value_len, size - 1);

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)h->value[i];

		ret[i] = (char)(c >= ' ' && c < 0x7f ? c : '?');
	}
	ret[len] = '\0';
}

/* Several may come; the service means the longest. */
static void reply_note_wait(struct xfer *x, const struct header *h, bool in_ms)
{
	struct xfer_reply *r = &x->reply;
	char value[64];
	int64_t ms;

	if (h->value_len >= sizeof(value))
		return; /* no date is that long */
	header_copy(h, value, sizeof(value));
	if (!in_ms && (*value < '0' || *value > '9')) {
		header_copy(h, x->wait_until, sizeof(x->wait_until));
		return;
	}
	ms = digits_ms(value, in_ms ? 1 : 1000);
	r->retry_after_ms = MAX(r->retry_after_ms, ms);
}

/* The headers are whole. An instant is one of the service's clock, which the
 * Date tells, before or behind it. */
static void reply_end_headers(struct xfer *x)
{
	struct xfer_reply *r = &x->reply;
	int64_t now_ms = r->date_ms ? r->date_ms : clock_wall_ms();

	r->retry_after_ms = MAX(r->retry_after_ms,
				xfer_retry_after_ms(x->wait_until, now_ms));
}

/* The one form a service may send (RFC 9110, IMF-fixdate). */
static void reply_note_date(struct xfer_reply *r, const struct header *h)
{
	char value[IMF_DATE_LEN + 1];
	int64_t ms;

	if (h->value_len != IMF_DATE_LEN)
		return;
	header_copy(h, value, sizeof(value));
	if (timefmt_parse_http_date(value, &ms) == 0)
		r->date_ms = ms;
}

/* "hh:mm:ss" in ms, capped; 0 is nonsense. */
static int64_t span_ms(const char *s)
{
	int64_t ms = 0;

	for (int part = 0; part < 3; part++) {
		if (s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9')
			return 0;
		ms = ms * 60 + ((s[0] - '0') * 10 + (s[1] - '0')) * 1000;
		s += 2;
		if (*s != (part < 2 ? ':' : '\0'))
			return 0;
		s++;
	}
	return MIN(ms, RETRY_AFTER_MAX_MS);
}

/* Every answer of Resource Graph says how many queries are left, and when
 * there will be all of them again. */
static void reply_note_quota(struct xfer *x, const struct header *h, bool reset)
{
	char value[16];

	if (h->value_len >= sizeof(value))
		return;
	header_copy(h, value, sizeof(value));
	if (reset)
		x->quota_reset_ms = span_ms(value);
	else
		x->quota_spent = strcmp(value, "0") == 0;
	x->reply.quota_wait_ms = x->quota_spent ? x->quota_reset_ms : 0;
}

/* A challenge that was cut would be worse than none: it is sent back. */
static void note_challenge(const struct header *h, const char *scheme,
			   char *ret, size_t size)
{
	size_t len = strlen(scheme);

	if (h->value_len >= len && h->value_len < size &&
	    !strncasecmp(h->value, scheme, len))
		header_copy(h, ret, size);
}

static void reply_note_challenge(struct xfer_reply *r, const struct header *h)
{
	note_challenge(h, "Bearer", r->www_authenticate,
		       sizeof(r->www_authenticate));
	note_challenge(h, "Basic", r->basic_challenge,
		       sizeof(r->basic_challenge));
}

static bool value_names_chunked(const struct header *h)
{
	return h->value_len >= 7 &&
	       !strncasecmp(h->value + h->value_len - 7, "chunked", 7);
}

/* What is announced is copied once instead of growing; a lie costs @RESERVE_MAX
 * of address space and nothing more. */
static void reply_note_length(struct xfer *x, const struct header *h)
{
	char value[24];
	size_t len;

	x->framed = true;
	if (h->value_len >= sizeof(value))
		return;
	header_copy(h, value, sizeof(value));
	len = strtoull(value, NULL, 10); /* nonsense is 0, curl refuses it */
	len = MIN(len, MIN(x->max_body, RESERVE_MAX));
	if (len > x->reply.body.len)
		strbuf_reserve(&x->reply.body, len - x->reply.body.len);
}

static void reply_note_header(struct xfer *x, const struct header *h)
{
	struct xfer_reply *r = &x->reply;

	if (header_is(h, "content-length"))
		reply_note_length(x, h);
	else if (header_is(h, "transfer-encoding"))
		x->framed = x->framed || value_names_chunked(h);
	else if (header_is(h, "retry-after"))
		reply_note_wait(x, h, false);
	else if (header_is(h, "retry-after-ms") ||
		 header_is(h, "x-ms-retry-after-ms"))
		reply_note_wait(x, h, true);
	else if (header_is(h, "x-ms-user-quota-remaining"))
		reply_note_quota(x, h, false);
	else if (header_is(h, "x-ms-user-quota-resets-after"))
		reply_note_quota(x, h, true);
	else if (header_is(h, "x-ms-tenant-subscription-limit-hit"))
		r->limit_hit =
			h->value_len == 4 && !strncasecmp(h->value, "true", 4);
	else if (header_is(h, "date"))
		reply_note_date(r, h);
	else if (header_is(h, "warning"))
		r->warning = true;
	else if (header_is(h, "content-type"))
		header_copy(h, r->content_type, sizeof(r->content_type));
	else if (header_is(h, "x-ms-request-id") || header_is(h, "request-id"))
		header_copy(h, r->request_id, sizeof(r->request_id));
	else if (header_is(h, "www-authenticate"))
		reply_note_challenge(r, h);
}

/* A status line begins an answer: what an interim one (100) said is void. */
static void reply_restart(struct xfer *x)
{
	struct xfer_reply *r = &x->reply;

	x->headers_began = true;
	x->framed = false;
	x->quota_spent = false;
	x->quota_reset_ms = 0;
	x->wait_until[0] = '\0';
	r->retry_after_ms = 0;
	r->quota_wait_ms = 0;
	r->date_ms = 0;
	r->limit_hit = false;
	r->warning = false;
	r->content_type[0] = '\0';
	r->request_id[0] = '\0';
	r->www_authenticate[0] = '\0';
	r->basic_challenge[0] = '\0';
}

size_t xfer_on_header(char *line, size_t size, size_t n, void *arg)
{
	struct xfer *x = arg;
	size_t len = size * n;
	struct header h;

	x->n_header_bytes += len;
	if (x->n_header_bytes > XFER_HEADERS_MAX) {
		x->stop = XFER_STOP_HEADERS;
		return 0;
	}
	if (len >= 5 && !memcmp(line, "HTTP/", 5))
		reply_restart(x);
	else if (header_split(line, len, &h))
		reply_note_header(x, &h);
	else
		reply_end_headers(x);
	return len;
}

/* Counted here, since no option of curl limits chunked or decompressed data. */
size_t xfer_on_body(char *bytes, size_t size, size_t n, void *arg)
{
	struct xfer *x = arg;
	size_t len = size * n;
	size_t room = x->max_body - x->reply.body.len;

	if (len <= room) {
		strbuf_add(&x->reply.body, bytes, len);
		return len;
	}
	strbuf_add(&x->reply.body, bytes, room);
	x->stop = XFER_STOP_BODY;
	return 0;
}

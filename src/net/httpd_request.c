/*
 * The little of HTTP/1.1 (RFC 9112) that a page with one button needs. Called
 * by httpd.c; pure. What is not plain is refused: nobody needs it here.
 */
#include "net/httpd_priv.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "util/xmalloc.h"

#define BLANKS " \t"

static const struct {
	int status;
	const char *words;
} statuses[] = {
	{ 200, "OK" },
	{ 400, "Bad Request" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 410, "Gone" },
	{ 411, "Length Required" },
	{ 413, "Content Too Large" },
	{ 415, "Unsupported Media Type" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 503, "Service Unavailable" },
};

static const char fixed_headers[] =
	"Cache-Control: no-store\r\n"
	"X-Content-Type-Options: nosniff\r\n"
	"Referrer-Policy: no-referrer\r\n"
	"Content-Security-Policy: default-src 'none'; "
	"style-src 'unsafe-inline'; form-action 'self'; "
	"frame-ancestors 'none'; base-uri 'none'\r\n"
	"Connection: close\r\n";

/* Lines end with LF; a CR before it belongs to the end. */
size_t httpd_head_len(const struct strbuf *in)
{
	const char *end = in->buf + in->len, *p = in->buf;

	while ((p = memchr(p, '\n', (size_t)(end - p)))) {
		p++;
		if (p < end && *p == '\n')
			return (size_t)(p + 1 - in->buf);
		if (end - p >= 2 && p[0] == '\r' && p[1] == '\n')
			return (size_t)(p + 2 - in->buf);
	}
	return 0;
}

/* The next line (heap, without its end) and what follows; NULL after the last.
 */
static char *next_line(const char **p, const char *end)
{
	const char *from = *p, *newline;
	size_t len;

	newline = memchr(from, '\n', (size_t)(end - from));
	if (!newline)
		return NULL;
	*p = newline + 1;
	len = (size_t)(newline - from);
	if (len && from[len - 1] == '\r')
		len--;
	return len ? xstrndup(from, len) : NULL;
}

/* What the headers say about a body. */
struct body_headers {
	bool is_coded; /* Transfer-Encoding, of whatever kind */
	unsigned n_lengths;
	size_t length; /* SIZE_MAX: no number */
	unsigned n_types;
	bool is_form;
};

/* The value when @line is a header of this name, else NULL. */
static const char *value_of(const char *line, const char *name)
{
	size_t n = strlen(name);

	if (strncasecmp(line, name, n) != 0 || line[n] != ':')
		return NULL;
	line += n + 1;
	return line + strspn(line, BLANKS);
}

static size_t read_length(const char *value)
{
	size_t n_digits = strspn(value, "0123456789");
	size_t length = 0;

	if (n_digits == 0 || value[n_digits + strspn(value + n_digits, BLANKS)])
		return SIZE_MAX;
	for (size_t i = 0; i < n_digits && length <= HTTPD_FORM_MAX; i++)
		length = length * 10 + (size_t)(value[i] - '0');
	return length;
}

static bool type_is_form(const char *value)
{
	static const char form[] = "application/x-www-form-urlencoded";
	size_t n = strlen(form);

	if (strncasecmp(value, form, n) != 0)
		return false;
	value += n + strspn(value + n, BLANKS);
	return *value == '\0' || *value == ';';
}

/* Two names would be one for us and one for whoever stands before us. */
static int read_host(const char *value, struct httpd_head *h)
{
	if (h->host)
		return 400;
	h->host = xstrndup(value, strcspn(value, BLANKS));
	return 200;
}

/* A lone CR ends a line for some who stand before us and not for us. */
static bool line_is_plain(const char *line)
{
	for (; *line; line++)
		if (((unsigned char)*line < ' ' && *line != '\t') ||
		    *line == 0x7f)
			return false;
	return true;
}

/* The status one header line asks for; 200: go on. */
static int read_header(const char *line, struct body_headers *b,
		       struct httpd_head *h)
{
	const char *colon = strchr(line, ':');
	const char *value;

	/* Neither nameless nor folded, and no blank in the name. */
	if (!line_is_plain(line) || !colon || colon == line ||
	    strcspn(line, BLANKS ":") != (size_t)(colon - line))
		return 400;
	if (value_of(line, "Transfer-Encoding"))
		b->is_coded = true;
	value = value_of(line, "Content-Length");
	if (value) {
		b->n_lengths++;
		b->length = read_length(value);
	}
	value = value_of(line, "Content-Type");
	if (value) {
		b->n_types++;
		b->is_form = type_is_form(value);
	}
	value = value_of(line, "Host");
	return value ? read_host(value, h) : 200;
}

static int read_headers(const char *p, const char *end, struct body_headers *b,
			struct httpd_head *h)
{
	char *line;
	int status = 200;

	while (status == 200 && (line = next_line(&p, end))) {
		status = read_header(line, b, h);
		free(line);
	}
	return status;
}

/* A body that is framed in two ways is how requests are smuggled. */
static int judge_body(const struct body_headers *b, enum httpd_method method)
{
	if (b->n_lengths > 1)
		return 400;
	if (method == HTTPD_GET)
		return b->is_coded || b->length > 0 ? 413 : 200;
	if (b->is_coded || b->n_lengths == 0)
		return 411;
	if (b->length == SIZE_MAX)
		return 400;
	if (b->length > HTTPD_FORM_MAX)
		return 413;
	return b->n_types == 1 && b->is_form ? 200 : 415;
}

void httpd_head_release(struct httpd_head *h)
{
	free(h->path);
	free(h->host);
	h->path = h->host = NULL;
}

/* "/path?query" or "http://host/path?query" to "/path"; NULL for others. */
static char *path_of(const char *target, size_t len)
{
	static const char scheme[] = "http://";
	CLEANUP(free_ptr) char *text = xstrndup(target, len);
	const char *path = text;

	if (!strncasecmp(text, scheme, strlen(scheme))) {
		path += strlen(scheme);
		path += strcspn(path, "/?#");
		if (!*path)
			path = "/";
	}
	if (*path != '/')
		return NULL;
	for (const char *p = text; *p; p++)
		if (*p <= ' ' || *p >= 0x7f)
			return NULL;
	return xstrndup(path, strcspn(path, "?#"));
}

static bool word_is(const char *word, size_t len, const char *text)
{
	return len == strlen(text) && !memcmp(word, text, len);
}

/* " HTTP/1.x" and no more */
static bool is_version(const char *s)
{
	static const char version[] = " HTTP/1.";
	size_t n = strlen(version);

	return strncmp(s, version, n) == 0 && isdigit((unsigned char)s[n]) &&
	       !s[n + 1];
}

/* "METHOD target HTTP/1.x" */
static int read_request_line(const char *line, struct httpd_head *ret)
{
	size_t method_len = strcspn(line, " ");
	const char *target = line + method_len + (line[method_len] == ' ');
	size_t target_len = strcspn(target, " ");
	bool head_only = word_is(line, method_len, "HEAD");
	bool post = word_is(line, method_len, "POST");

	if (!method_len || !is_version(target + target_len))
		return 400;
	if (!head_only && !post && !word_is(line, method_len, "GET"))
		return 405;
	ret->method = post ? HTTPD_POST : HTTPD_GET;
	ret->head_only = head_only;
	ret->path = path_of(target, target_len);
	return ret->path ? 200 : 400;
}

int httpd_request_read(const char *head, size_t len, struct httpd_head *ret)
{
	const char *p = head;
	CLEANUP(free_ptr) char *line = next_line(&p, head + len);
	CLEANUP(httpd_head_release) struct httpd_head h = { 0 };
	struct body_headers b = { 0 };
	int status;

	if (!line || memchr(head, '\0', len))
		return 400;
	status = read_request_line(line, &h);
	if (status == 200)
		status = read_headers(p, head + len, &b, &h);
	if (status == 200)
		status = judge_body(&b, h.method);
	if (status != 200)
		return status;
	h.form_len = b.length;
	*ret = h;
	h.path = h.host = NULL;
	return 200;
}

static const char *words_of(int status)
{
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++)
		if (statuses[i].status == status)
			return statuses[i].words;
	return "Status";
}

void httpd_answer_add(struct strbuf *out, int status, const char *type,
		      const struct strbuf *body, bool head_only)
{
	strbuf_addf(out,
		    "HTTP/1.1 %d %s\r\n%s%sContent-Type: %s\r\n"
		    "Content-Length: %zu\r\n\r\n",
		    status, words_of(status),
		    status == 405 ? "Allow: GET, HEAD\r\n" : "", fixed_headers,
		    type, body->len);
	if (!head_only)
		strbuf_add(out, body->buf, body->len);
}

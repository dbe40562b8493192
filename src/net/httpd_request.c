/*
 * The little of HTTP/1.1 (RFC 9112) that a page without forms needs. Called by
 * httpd.c; pure. What is not plain is refused: nobody needs it here.
 */
#include "net/httpd_priv.h"

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
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 413, "Content Too Large" },
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
	"frame-ancestors 'none'\r\n"
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

/* Does this header line announce a body? */
static bool line_has_body(const char *line)
{
	static const char length[] = "Content-Length:";
	static const char coding[] = "Transfer-Encoding:";
	const char *value;

	if (!strncasecmp(line, coding, strlen(coding)))
		return true;
	if (strncasecmp(line, length, strlen(length)) != 0)
		return false;
	value = line + strlen(length);
	value += strspn(value, BLANKS);
	return strspn(value, "0") != strlen(value) || !*value;
}

/* The status one header line asks for; 200: go on. */
static int read_header(const char *line)
{
	const char *colon = strchr(line, ':');

	/* Neither nameless nor folded, and no blank in the name. */
	if (!colon || colon == line ||
	    strcspn(line, BLANKS ":") != (size_t)(colon - line))
		return 400;
	return line_has_body(line) ? 413 : 200;
}

static int read_headers(const char *p, const char *end)
{
	char *line;
	int status = 200;

	while (status == 200 && (line = next_line(&p, end))) {
		status = read_header(line);
		free(line);
	}
	return status;
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

/* "METHOD target HTTP/1.x" */
static int read_request_line(const char *line, char **ret_path,
			     bool *ret_head_only)
{
	size_t method_len = strcspn(line, " ");
	const char *target = line + method_len + (line[method_len] == ' ');
	size_t target_len = strcspn(target, " ");
	bool head_only = word_is(line, method_len, "HEAD");
	char *path;

	if (!method_len || strncmp(target + target_len, " HTTP/1.", 8) != 0)
		return 400;
	if (!head_only && !word_is(line, method_len, "GET"))
		return 405;
	path = path_of(target, target_len);
	if (!path)
		return 400;
	*ret_path = path;
	*ret_head_only = head_only;
	return 200;
}

int httpd_request_read(const char *head, size_t len, char **ret_path,
		       bool *ret_head_only)
{
	const char *p = head;
	CLEANUP(free_ptr) char *line = next_line(&p, head + len);
	CLEANUP(free_ptr) char *path = NULL;
	bool head_only = false;
	int status;

	*ret_path = NULL;
	if (!line || memchr(head, '\0', len))
		return 400;
	status = read_request_line(line, &path, &head_only);
	if (status == 200)
		status = read_headers(p, head + len);
	if (status != 200)
		return status;
	*ret_path = take(path);
	*ret_head_only = head_only;
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

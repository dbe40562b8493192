/*
 * Reads `template:` of a target: texts and where they stand. What is written
 * in them is judged by notify/ when the settings are checked.
 *
 * tested with: test_template_settings
 */
#include "conf/conf_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "util/compiler.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

#define TEMPLATE_FILE_MAX 65536

static void text_release(struct template_text *t)
{
	free(t->text);
	free(t->path);
	*t = (struct template_text){ .text = NULL };
}

void template_conf_release(struct template_conf *t)
{
	text_release(&t->subject);
	text_release(&t->text);
	text_release(&t->html);
	text_release(&t->title);
	text_release(&t->body);
}

struct mark template_text_place(const struct template_text *t, int line,
				int column)
{
	struct mark m = t->mark;

	if (t->path)
		m.file = t->path;
	if (t->line == 0)
		return m;
	m.line = t->line + line - 1;
	m.column = t->column + column - 1;
	return m;
}

static void close_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* False with errno, which is EFBIG for what is no template by its size. */
static bool read_file(const char *path, struct strbuf *out)
{
	/* A FIFO somebody put there must not hold us up. */
	CLEANUP(close_fd)
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	char buf[8192];
	ssize_t n = 1;

	if (fd < 0 || fstat(fd, &st) < 0)
		return false;
	errno = EINVAL;
	if (!S_ISREG(st.st_mode))
		return false;
	while (n != 0 && out->len <= TEMPLATE_FILE_MAX) {
		n = read(fd, buf, sizeof(buf));
		if (n < 0 && errno != EINTR)
			return false;
		strbuf_add(out, buf, n > 0 ? (size_t)n : 0);
	}
	errno = EFBIG;
	return out->len <= TEMPLATE_FILE_MAX;
}

/* CR LF to LF; false for what nobody can read. */
static bool make_clean(struct strbuf *s)
{
	CLEANUP(free_ptr) char *clean = NULL;
	size_t len = 0;

	for (size_t i = 0; i < s->len; i++)
		if (s->buf[i] != '\r' || s->buf[i + 1] != '\n')
			s->buf[len++] = s->buf[i];
	strbuf_setlen(s, len);
	clean = utf8_clean_dup(s->buf, 0, UTF8_KEEP_NEWLINES);
	return strlen(s->buf) == s->len && strcmp(clean, s->buf) == 0;
}

static void load_from_file(struct load *l, const struct node *name,
			   struct template_text *t)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (!load_is_text(l, name, "the path of a file"))
		return;
	if (name->text[0] != '/') {
		load_fault(l, &name->mark, "the file must be an absolute path");
		return;
	}
	if (!read_file(name->text, &text)) {
		load_fault(l, &name->mark, "%.200s cannot be read: %s",
			   name->text,
			   errno == EFBIG    ? "it is larger than 64 KiB"
			   : errno == EINVAL ? "it is not a regular file"
					     : strerror(errno));
		return;
	}
	if (text.len == 0 || !make_clean(&text)) {
		load_fault(l, &name->mark,
			   text.len == 0
				   ? "%.200s is empty"
				   : "%.200s holds control characters or is "
				     "not UTF-8",
			   name->text);
		return;
	}
	text_release(t);
	*t = (struct template_text){ .text = strbuf_detach(&text),
				     .path = xstrdup(name->text),
				     .line = 1,
				     .column = 1 };
}

void load_template_text(struct load *l, const struct option *o,
			const struct node *v, void *object)
{
	struct template_text *t = FIELD(struct template_text, object, o);
	const struct node *file = node_get(v, "file");

	if (v->kind == NODE_MAP && v->n == 1 && file) {
		load_from_file(l, file, t);
	} else if (v->kind == NODE_TEXT || v->kind == NODE_LINES) {
		text_release(t);
		*t = (struct template_text){ .text = xstrdup(v->text),
					     .line = v->text_line,
					     .column = v->text_column };
	} else {
		load_fault(l, &v->mark,
			   "must be text (quoted, or a block after '|') or "
			   "{file: PATH}, not %s",
			   node_kind_name(v));
		return;
	}
	t->mark = v->mark;
}

/* Each type has texts of its own. */
void load_template(struct load *l, const struct option *o, const struct node *v,
		   void *object)
{
	const struct target_conf *t = object;

	load_section(l, o->sub, v, BIT(t->type), (char *)object + o->offset);
}

/* Formats that people read, so that words of one's own have a place there. */
#define SHOWS_TEXT                                                             \
	(BIT(FORMAT_SLACK) | BIT(FORMAT_TEAMS) | BIT(FORMAT_PAGERDUTY) |       \
	 BIT(FORMAT_OPSGENIE) | BIT(FORMAT_SERVICENOW) | BIT(FORMAT_JIRA) |    \
	 BIT(FORMAT_NTFY))

static void check_format(struct load *l, const struct template_text *t,
			 const char *option, unsigned formats,
			 enum webhook_format format)
{
	if (t->text && !(formats & BIT(format)))
		load_fault(l, &t->mark,
			   "template.%s has no meaning for format %s", option,
			   webhook_format_name(format));
}

void template_settings_check(struct load *l, const struct target_conf *t)
{
	const struct template_conf *own = &t->template;
	enum webhook_format format = t->webhook.format;

	if (t->type != TARGET_WEBHOOK)
		return;
	check_format(l, &own->title, "title", SHOWS_TEXT, format);
	check_format(l, &own->text, "text", SHOWS_TEXT, format);
	check_format(l, &own->body, "body", BIT(FORMAT_JSON), format);
}

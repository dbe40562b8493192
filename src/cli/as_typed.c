/*
 * See as_typed.h. Called by the doctor, and where a screen ends with what to
 * type next. What the daemon sends, and the manual, show no sudo: nobody knows
 * there who will type it.
 *
 * tested with: test_as_typed scenario/test_doctor
 */
#include "cli/as_typed.h"

#include <string.h>
#include <unistd.h>
#include "cli/session.h"
#include "util/shell.h"
#include "util/xmalloc.h"

/* What is refused to others, or shows them nothing. Of journalctl not: it
 * answers members of its own groups, and tells others which. */
static const char *const of_root[] = {
	"apt-get ",
	"fuser ",
	"usermod ",
	"systemctl start ",
	"systemctl stop ",
	"systemctl restart ",
	"systemctl reload ",
	"systemctl enable ",
	"triagectl setup",
	"triagectl restore",
	"triagectl db compact",
	"timedatectl set-",
};

static bool begins_with(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static bool is_of_root(const char *command)
{
	for (size_t i = 0; i < ARRAY_SIZE(of_root); i++)
		if (begins_with(command, of_root[i]))
			return true;
	return false;
}

/* Is the program of @len letters this one? */
static bool is_program(const char *command, size_t len, const char *name)
{
	return strlen(name) == len && begins_with(command, name);
}

static void add_option(struct strbuf *out, const char *option,
		       const char *value)
{
	if (!value)
		return;
	strbuf_addf(out, " %s ", option);
	shell_add(out, value);
}

static void add_command(struct strbuf *out, const struct typist *t,
			const char *text, size_t len)
{
	size_t name = MIN(strcspn(text, " ;"), len);
	bool triagectl = is_program(text, name, "triagectl");

	if (!t->root && is_of_root(text))
		strbuf_addstr(out, "sudo ");
	strbuf_add(out, text, name);
	if (triagectl || is_program(text, name, "triaged"))
		add_option(out, "-c", t->config);
	if (triagectl) {
		add_option(out, "--database", t->database);
		add_option(out, "--socket", t->socket);
	}
	strbuf_add(out, text + name, len - name);
}

/* The length of the first command of @line, and of what joins it to the next
 * one; what stands in quotes or behind a # is the command's. */
static size_t one_command(const char *line, size_t *ret_joint)
{
	static const char *const joints[] = { " && ", "; " };
	char quote = '\0';

	*ret_joint = 0;
	for (size_t i = 0; line[i]; i++) {
		if (line[i] == '\\' && quote != '\'' && line[i + 1]) {
			i++;
			continue;
		}
		if (quote || line[i] == '\'' || line[i] == '"') {
			quote = !quote		   ? line[i]
				: quote == line[i] ? '\0'
						   : quote;
			continue;
		}
		if (begins_with(line + i, " #"))
			break;
		for (size_t j = 0; j < ARRAY_SIZE(joints); j++) {
			if (!begins_with(line + i, joints[j]))
				continue;
			*ret_joint = strlen(joints[j]);
			return i;
		}
	}
	return strlen(line);
}

char *as_typed(const struct typist *t, const char *line)
{
	struct strbuf sb = STRBUF_INIT;

	while (*line) {
		size_t joint;
		size_t len = one_command(line, &joint);

		add_command(&sb, t, line, len);
		strbuf_add(&sb, line + len, joint);
		line += len + joint;
	}
	return strbuf_detach(&sb);
}

char *as_typed_here(const struct session *s, const char *line)
{
	const struct typist t = { .config = s->config,
				  .database = s->database,
				  .socket = s->socket,
				  .root = geteuid() == 0 };

	return as_typed(&t, line);
}

void as_typed_say(struct session *s, const char *before, const char *file,
		  const char *behind)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
	CLEANUP(free_ptr) char *typed = NULL;
	struct cell command;

	strbuf_addstr(&line, before);
	if (file)
		shell_add(&line, file);
	strbuf_addstr(&line, behind);
	typed = as_typed_here(s, line.buf);
	command = cell_text(typed);
	writer_value(s->writer, AS_COMMAND, &command);
}

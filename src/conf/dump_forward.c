/*
 * Destinations of the event log, as YAML. Called by dump.c.
 *
 * tested with: test_forward_settings
 */
#include "conf/conf_priv.h"

#include <inttypes.h>
#include <string.h>
#include "util/timefmt.h"
#include "util/xmalloc.h"

struct dump_to {
	struct strbuf *out;
	const struct conf *c;
	const struct forward_conf *f;
};

static void line_end(const struct dump_to *d, const char *option)
{
	CLEANUP(free_ptr)
	char *path = xasprintf("forward.%s.%s", d->f->name, option);

	dump_end(d->out, d->c, path, NULL);
}

static void line_word(const struct dump_to *d, const char *option,
		      const char *value)
{
	strbuf_addf(d->out, "    %s: %s", option, value);
	line_end(d, option);
}

static void line_text(const struct dump_to *d, const char *option,
		      const char *value)
{
	if (!value)
		return;
	strbuf_addf(d->out, "    %s: ", option);
	dump_text(d->out, value);
	line_end(d, option);
}

static void dump_certificate(const struct dump_to *d)
{
	const struct secret_ref *ref = &d->f->client_certificate;

	if (ref->kind == SECRET_ABSENT)
		return;
	strbuf_addf(d->out, "    client-certificate: {%s: ",
		    ref->kind == SECRET_FILE ? "file" : "credential");
	dump_text(d->out, ref->name);
	strbuf_addch(d->out, '}');
	line_end(d, "client-certificate");
}

static void dump_syslog(const struct dump_to *d)
{
	const struct forward_conf *f = d->f;
	bool v6 = strchr(f->host, ':');
	CLEANUP(free_ptr)
	char *server = xasprintf("%s%s%s:%d", v6 ? "[" : "", f->host,
				 v6 ? "]" : "", f->port);
	char span[TIMEFMT_MAX];

	line_text(d, "server", server);
	line_word(d, "facility", facility_word(f->facility));
	strbuf_addf(d->out, "    enterprise-id: %d", f->enterprise_id);
	line_end(d, "enterprise-id");
	line_word(d, "framing", f->octet_counting ? "octet-counting" : "lf");
	line_text(d, "hostname", f->hostname);
	line_text(d, "ca-file", f->ca_file);
	dump_certificate(d);
	line_word(d, "settle", timefmt_duration(f->settle_ms, span));
	if (f->type == FORWARD_SYSLOG_TCP)
		line_word(d, "allow-plain", f->allow_plain ? "true" : "false");
}

static void dump_file(const struct dump_to *d)
{
	line_text(d, "path", d->f->path);
	strbuf_addstr(d->out, "    rotate:\n");
	strbuf_addf(d->out, "      size: %" PRId64 "KiB",
		    d->f->rotate_size >> 10);
	line_end(d, "rotate.size");
	strbuf_addf(d->out, "      keep: %d", d->f->rotate_keep);
	line_end(d, "rotate.keep");
}

void dump_forwards(struct strbuf *out, const struct conf *c)
{
	if (c->n_forwards)
		strbuf_addstr(out, "forward:\n");
	for (size_t i = 0; i < c->n_forwards; i++) {
		const struct forward_conf *f = &c->forwards[i];
		const struct dump_to d = { out, c, f };

		strbuf_addstr(out, "  - name: ");
		dump_text(out, f->name);
		dump_end(out, c, NULL, &f->mark);
		line_word(&d, "type", forward_word((int)f->type));
		line_word(&d, "format", forward_format_word(f->format));
		line_word(&d, "from", f->from_beginning ? "beginning" : "now");
		if (f->type == FORWARD_FILE)
			dump_file(&d);
		else
			dump_syslog(&d);
	}
}

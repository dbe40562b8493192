/*
 * A record of strangers' text in every format of a SIEM: one line, no more than
 * its limit, no byte that is not text, and no field that ends early. The first
 * byte chooses the limit, zero bytes end a field.
 */
#include "fuzz/fuzz.h"

#include <jansson.h>
#include "forward/formats.h"

static void fill(struct forward_record *r, struct feed *f)
{
	struct alert *a = &r->view.alert;
	char **const fields[] = {
		&r->event.actor, &r->event.kind,  &r->event.detail,
		&a->title,	 &a->description, &a->alert_type,
		&a->provider,	 &a->resource_id, &a->tactics,
		&a->techniques,	 &a->policy,	  &a->portal_url,
		&a->remediation, &a->native_id,	  &r->view.tracked.owner,
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		*fields[i] = feed_text(f);
	a->kind = xstrdup(ALERT_KIND_ARM);
	a->tenant = xstrdup("t");
	for (int i = 0; f->left > 0 && i < 8; i++) {
		static const char *const kinds[] = { "ip", "account", "host",
						     "file" };
		CLEANUP(free_ptr) char *value = feed_text(f);

		alert_add_entity(a, kinds[i % 4], value, NULL);
		strlist_add(&r->view.tags, value);
	}
}

static void check_line(const struct strbuf *line)
{
	must(utf8_valid(line->buf, line->len));
	for (size_t i = 0; i < line->len; i++)
		must((unsigned char)line->buf[i] >= ' ' ||
		     line->buf[i] == '\t');
}

static void check_json(const struct strbuf *line)
{
	json_t *root =
		json_loadb(line->buf, line->len, JSON_REJECT_DUPLICATES, NULL);

	must(json_is_object(root));
	json_decref(root);
}

/* How many pipes end a field: in CEF those without a backslash. */
static size_t count_pipes(const char *s, size_t most, bool escaped,
			  const char **ret_rest)
{
	size_t n = 0;

	for (; *s && n < most; s++) {
		if (escaped && *s == '\\' && s[1])
			s++;
		else
			n += *s == '|';
	}
	*ret_rest = s;
	return n;
}

/* Behind the header every "key=" of CEF is one of ours. */
static void check_cef(const struct strbuf *line)
{
	const char *rest;

	must(strncmp(line->buf, "CEF:0|triaged|triaged|", 22) == 0);
	must(count_pipes(line->buf, 7, true, &rest) == 7);
	must(strncmp(rest, "rt=", 3) == 0);
	for (const char *p = rest; *p; p++) {
		if (*p == '\\') {
			must(p[1] && strchr("\\=n", p[1]));
			p++;
		} else if (*p == '=') {
			const char *key = p;

			while (key > rest && key[-1] != ' ')
				key--;
			must(key < p);
			for (; key < p; key++)
				must((*key >= 'a' && *key <= 'z') ||
				     (*key >= 'A' && *key <= 'Z') ||
				     (*key >= '0' && *key <= '9'));
		}
	}
}

static void check_leef(const struct strbuf *line)
{
	const char *rest;

	must(strncmp(line->buf, "LEEF:2.0|triaged|triaged|", 25) == 0);
	must(count_pipes(line->buf, 6, false, &rest) == 6);
	for (const char *p = rest; p; p = strchr(p, '\t')) {
		p += *p == '\t';
		must(strcspn(p, "=") < strcspn(p, "\t"));
	}
}

static void check(enum forward_format format, const struct forward_record *r,
		  size_t max)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;

	formats_add(format, r, "host.example.org", max, &line);
	must(line.len > 0 && line.len <= max);
	check_line(&line);
	if (format == FORWARD_CEF)
		check_cef(&line);
	else if (format == FORWARD_LEEF)
		check_leef(&line);
	else
		check_json(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = { data, size };
	size_t max = FORMAT_BYTES_LEAST + feed_byte(&f) * 100;
	struct forward_record r = { .has_alert = true,
				    .due_ms = 1772442000000 };

	r.event = (struct logged_event){ .id = 1, .at_ms = 1772442000000 };
	alert_init(&r.view.alert);
	r.view.tracked.id = 42;
	fill(&r, &f);
	for (int i = 0; i < FORWARD_FORMAT_MAX; i++)
		check((enum forward_format)i, &r, max);
	record_release(&r);
	return 0;
}

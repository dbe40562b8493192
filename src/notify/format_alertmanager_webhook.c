/*
 * The document an Alertmanager posts to its webhook receivers, version 4, so
 * that what was written for one understands us:
 * https://prometheus.io/docs/alerting/latest/configuration/#webhook_config.
 * Called through webhook_format.c.
 *
 * tested with: test_format_alertmanager
 */
#include "notify/format_alertmanager.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "notify/format_facts.h"
#include "notify/render_priv.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

/* How a Go program says "not yet". */
#define NO_TIME "0001-01-01T00:00:00Z"
#define FINGERPRINT_SIZE 17

static void put(json_t *object, const char *name, json_t *value)
{
	(void)json_object_set_new(object, name, value);
}

/* ---- fingerprint ---- */

/* FNV-1a, 64 bits, with the byte that Prometheus puts behind each text. */
static uint64_t fnv_add(uint64_t sum, const char *s)
{
	const uint64_t prime = UINT64_C(1099511628211);

	for (; *s; s++)
		sum = (sum ^ (unsigned char)*s) * prime;
	return (sum ^ 255) * prime;
}

/* The first of @labels behind @after in the order of names; NULL none. */
static const char *next_name(json_t *labels, const char *after)
{
	const char *next = NULL;
	const char *name;
	json_t *value;

	json_object_foreach(labels, name, value)
	{
		if (strcmp(name, after) > 0 &&
		    (!next || strcmp(name, next) < 0))
			next = name;
	}
	return next;
}

/* As Alertmanager makes it from the same labels. */
static void fingerprint(json_t *labels, char ret[FINGERPRINT_SIZE])
{
	uint64_t sum = UINT64_C(14695981039346656037);
	const char *name = "";

	while ((name = next_name(labels, name))) {
		sum = fnv_add(sum, name);
		sum = fnv_add(sum,
			      json_string_value(json_object_get(labels, name)));
	}
	(void)snprintf(ret, FINGERPRINT_SIZE, "%016" PRIx64, sum);
}

/* ---- the document ---- */

static json_t *make_alert(const struct talk *t, const struct talk_view *v,
			  size_t i)
{
	struct alertmanager_times times;
	json_t *o = json_object();
	json_t *labels = alertmanager_labels(v, i);
	char print[FINGERPRINT_SIZE];

	fingerprint(labels, print);
	alertmanager_times(v->job, i, &times);
	put(o, "status", json_string(times.firing ? "firing" : "resolved"));
	put(o, "labels", labels);
	put(o, "annotations", alertmanager_annotations(t, v, i));
	format_put_instant(o, "startsAt", times.from_ms);
	if (times.firing)
		put(o, "endsAt", json_string(NO_TIME));
	else
		format_put_instant(o, "endsAt", times.until_ms);
	put(o, "generatorURL", json_string(alertmanager_link(v->job, i)));
	put(o, "fingerprint", json_string(print));
	return o;
}

/* What member @name has alike in all of @alerts. */
static json_t *common_of(json_t *alerts, const char *name)
{
	json_t *common =
		json_copy(json_object_get(json_array_get(alerts, 0), name));

	for (size_t i = 1; i < json_array_size(alerts); i++) {
		json_t *one = json_object_get(json_array_get(alerts, i), name);
		const char *key;
		json_t *value;
		void *next;

		json_object_foreach_safe(common, next, key, value)
		{
			if (!json_equal(value, json_object_get(one, key)))
				(void)json_object_del(common, key);
		}
	}
	return common;
}

static bool any_fires(json_t *alerts)
{
	for (size_t i = 0; i < json_array_size(alerts); i++) {
		const char *status =
			jsonx_str(json_array_get(alerts, i), "status");

		if (status && strcmp(status, "firing") == 0)
			return true;
	}
	return false;
}

/* A group is one alert, or what one message collects. */
static void put_group(json_t *root, const struct talk_view *v)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf group = STRBUF_INIT;

	format_add_key(v->job, &key);
	strbuf_addf(&group, "{}:{alert_key=\"%s\"}", key.buf);
	put(root, "groupKey", json_string(group.buf));
	put(root, "groupLabels", json_pack("{s:s}", "alert_key", key.buf));
}

static void ask_alertmanager_webhook(const struct talk *t,
				     const struct talk_view *v,
				     struct webhook_request *ret)
{
	const struct render_job *j = v->job;
	size_t n = alertmanager_count(j);
	int64_t n_left = render_is_digest(j) ? j->n_total - (int64_t)n : 0;
	json_t *alerts = json_array();
	json_t *root = json_object();

	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(alerts, make_alert(t, v, i));
	put(root, "version", json_string("4"));
	put_group(root, v);
	put(root, "truncatedAlerts", json_integer(MAX(n_left, 0)));
	put(root, "status",
	    json_string(any_fires(alerts) ? "firing" : "resolved"));
	format_put(root, "receiver", j->notice->target, 200);
	put(root, "commonLabels", common_of(alerts, "labels"));
	put(root, "commonAnnotations", common_of(alerts, "annotations"));
	put(root, "externalURL", json_string(""));
	put(root, "alerts", alerts);
	format_set_json(ret, root);
}

const struct format format_alertmanager_webhook = {
	.ask = ask_alertmanager_webhook,
};

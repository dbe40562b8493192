/* See sample.h. Written after the shape of the real answers, no copy of one. */
#include "helpers/sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "util/digest.h"
#include "util/xmalloc.h"

static void set_raw(struct alert *a, char *raw)
{
	uint8_t sum[DIGEST_SIZE];

	free(a->raw);
	a->raw = raw;
	a->raw_len = strlen(raw);
	digest_sha256(raw, a->raw_len, sum);
	memcpy(a->raw_hash, sum, sizeof(a->raw_hash));
}

static void set_common(struct alert *a, int n)
{
	a->provider = xstrdup("defender-for-cloud");
	a->tenant = xstrdup(SAMPLE_TENANT);
	a->subscription = xstrdup(SAMPLE_SUBSCRIPTION);
	a->title = xasprintf("Suspicious process executed on vm-%d", n);
	a->description = xstrdup("A process that is known from attacks ran.");
	a->alert_type = xstrdup("VM_SuspectProcessName");
	a->source_severity = xstrdup("High");
	a->base = SEVERITY_HIGH;
	a->source_status = xstrdup("Active");
	a->source_state = SOURCE_ACTIVE;
	a->resource_id = xasprintf("/subscriptions/" SAMPLE_SUBSCRIPTION
				   "/resourceGroups/rg-payments/providers/"
				   "Microsoft.Compute/virtualMachines/vm-%d",
				   n);
	a->resource_group = xstrdup("rg-payments");
	a->resource_type = xstrdup("Microsoft.Compute/virtualMachines");
	a->entity = xasprintf("vm-%d", n);
	a->tactics = xstrdup("Execution");
	a->techniques = xstrdup("T1059");
	a->incident = xstrdup("INC-7");
	a->remediation = xstrdup("Look at the process.\nIsolate the machine.");
	a->created_ms = SAMPLE_NOW_MS - 600000;
	a->activity_from_ms = SAMPLE_NOW_MS - 900000;
	a->activity_to_ms = SAMPLE_NOW_MS - 660000;
	a->source_updated_ms = SAMPLE_NOW_MS - 540000;
	alert_add_entity(a, "host", a->entity, "target");
	alert_add_entity(a, "account", "ada@example.org", NULL);
	alert_add_entity(a, "ip", "192.0.2.1", "attacker");
}

void sample_arm(struct alert *a, int n)
{
	alert_init(a);
	set_common(a, n);
	a->source = xstrdup("azure");
	a->kind = xstrdup(ALERT_KIND_ARM);
	a->native_id =
		xasprintf("2517%06d_a11ce000-0000-0000-0000-0000000000", n);
	set_raw(a, xasprintf("{\"name\":\"%s\",\"properties\":{\"severity\":"
			     "\"High\",\"alertDisplayName\":\"%s\"}}",
			     a->native_id, a->title));
}

void sample_graph(struct alert *a, int n)
{
	alert_init(a);
	set_common(a, n);
	a->source = xstrdup("graph");
	a->kind = xstrdup(ALERT_KIND_GRAPH);
	a->linked_kind = xstrdup(ALERT_KIND_ARM);
	a->linked_id =
		xasprintf("2517%06d_a11ce000-0000-0000-0000-0000000000", n);
	a->native_id = xasprintf("dc%s", a->linked_id);
	set_raw(a, xasprintf("{\"id\":\"%s\",\"title\":\"%s\"}", a->native_id,
			     a->title));
}

void sample_change(struct alert *a, const char *title, const char *what)
{
	if (title != NULL) {
		free(a->title);
		a->title = xstrdup(title);
	}
	set_raw(a, xasprintf("{\"name\":\"%s\",\"what\":\"%s\"}", a->native_id,
			     what));
}

struct decision sample_decision(const struct alert *a)
{
	return (struct decision){ .transition = TRANSITION_OPENED,
				  .base = a->base,
				  .severity = a->base,
				  .policy_hash = "00000000feedbeef" };
}

struct notice sample_notice(int64_t alert_id, const char *target, int n)
{
	struct notice v = { .alert_id = alert_id,
			    .episode = 1,
			    .kind = NOTICE_OPENED,
			    .severity = SEVERITY_HIGH,
			    .created_ms = SAMPLE_NOW_MS,
			    .not_before_ms = SAMPLE_NOW_MS };
	char subject[32];
	struct notice_subject s = { .tenant = SAMPLE_TENANT,
				    .subject = subject,
				    .episode = 1,
				    .transition = n,
				    .target = target };

	snprintf(subject, sizeof(subject), "alert %lld", (long long)alert_id);
	notice_key(&s, v.key);
	v.target = xstrdup(target);
	v.reason = xstrdup("route high, step 1");
	v.expires_ms = notice_expires_ms(v.severity, v.created_ms);
	return v;
}

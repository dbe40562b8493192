/*
 * Inside the renderers: the words of a notice as a list of blocks, which the
 * text and the HTML writer lay out each in its own way. What is said is thus
 * decided once (render_words.c, render_doc.c, render_alert.c), how it looks
 * elsewhere.
 */
#ifndef NOTIFY_RENDER_PRIV_H
#define NOTIFY_RENDER_PRIV_H

#include "notify/render.h"

/* Limits in characters; a mail is read on a phone. */
#define WORDS_TITLE_MAX 200
#define WORDS_FACT_MAX 200
#define WORDS_CAUSE_MAX 60
#define WORDS_DESCRIPTION_MAX 1500
#define WORDS_DESCRIPTION_LINES 40
#define WORDS_ENTITIES_MAX 15
#define WORDS_STEPS_MAX 8
#define WORDS_DIGEST_LINES 50
/* Later than this is worth a sentence. */
#define WORDS_LATE_MS 120000

enum block_kind {
	BLOCK_LEAD, /* the first line: everything that matters */
	BLOCK_PARA,
	BLOCK_FACT, /* label and value */
	BLOCK_COMMAND, /* label and something to type */
	BLOCK_LINK, /* label and a URL that was checked, or is ours */
	BLOCK_HEAD,
	BLOCK_QUOTE, /* a line of foreign text */
	BLOCK_ITEM,
	BLOCK_FOOT,
};

struct block {
	enum block_kind kind;
	const char *label; /* a literal; NULL none */
	char *text; /* clean, one line */
};

struct doc {
	struct block *v;
	size_t n, n_alloc;
};

/* Takes the text over when there is one; an empty block is not said. */
void doc_take(struct doc *d, enum block_kind kind, const char *label,
	      struct strbuf *text);
/* Foreign or own text on one line; NULL and "" are not said. */
void doc_say(struct doc *d, enum block_kind kind, const char *label,
	     const char *text);
/* A fact, cut to its limit. */
void doc_fact(struct doc *d, const char *label, const char *text);
void doc_say_late(struct doc *d, const struct render_job *j);
void doc_build_alert(struct doc *d, const struct render_job *j,
		     const struct render_alert *a);
/* Everything that is said about @j, first things first. */
void doc_build(const struct render_job *j, struct doc *ret);
void doc_release(struct doc *d);
/* 78 columns, LF. */
void doc_add_text(const struct doc *d, struct strbuf *out);
/* A whole page; @severity gives the colour. */
void doc_add_html(const struct doc *d, enum severity severity,
		  struct strbuf *out);

/* The built-in subject of a mail: constant for one alert (heap, free()). */
char *render_subject(const struct render_job *j) must_check;
/* What templates see: the payload, and beside it `words` and `is` (the manual's
 * section TEMPLATES). NULL out of memory. */
json_t *render_context(const struct render_job *j) must_check;

/* The alert a notice is about; NULL for digests, tests and what is gone. */
const struct render_alert *render_alert_of(const struct render_job *j);
/*
 * The name of an alert for strangers, in hex; the same for its life. An alert
 * that came by two doors is named by the door the other one points to, so the
 * name does not change with the copy that is newest. False: no identity.
 */
#define RENDER_KEY_SIZE (2 * ALERT_KEY_SIZE + 1)
bool render_alert_key(const struct render_alert *a, char ret[RENDER_KEY_SIZE]);
/* How bad what is told is now. */
enum severity render_severity(const struct render_job *j);
bool render_is_digest(const struct render_job *j);
/* One whose hour was chosen; what was held back is as urgent as it is. */
bool render_is_planned(const struct render_job *j);
/* How late a notice is; 0 when that is not worth a word. */
int64_t render_late_ms(const struct render_job *j);
/* running, met, breached, none: the words of v_alerts.triage_state. */
const char *render_sla_state(const struct render_alert *a);
/* Alerts of each level among those gathered; @ret has SEVERITY_MAX cells. */
void render_count(const struct render_job *j, size_t *ret);

/* Foreign text on one line, at most @max characters. */
void words_add(struct strbuf *out, const char *s, size_t max);
/* "HIGH" ... */
const char *words_severity(enum severity s);
/* "Suspicious sign-in", never empty. */
const char *words_title(const struct render_alert *a);
/* What is hit: "vm-web-1"; NULL when nobody knows. Borrowed. */
const char *words_where(const struct render_alert *a);
/* "Suspicious sign-in on vm-web-1" without saying the same twice. */
void words_add_what(struct strbuf *out, const struct render_alert *a,
		    size_t max);
/* "14:05 Berlin time (13:05 UTC)", with dates unless it is today. */
void words_add_instant(struct strbuf *out, const struct render_job *j,
		       int64_t ms);
/* "Triage due ..., in 3 h 40 min." or how the clock ended; "" for no clock. */
void words_add_due(struct strbuf *out, const struct render_job *j,
		   const struct render_alert *a);
/* What is new: "ESCALATED: nobody has it yet." and the like; may be "". */
void words_add_news(struct strbuf *out, const struct render_job *j,
		    const struct render_alert *a);
/* The first line of the source's advice; "" for none and a closed alert. */
void words_add_first_step(struct strbuf *out, const struct render_alert *a);
/* "This message is 12 min late ..." and why; "" when it is not. */
void words_add_late(struct strbuf *out, const struct render_job *j);
/* Why a message is about several alerts, as it begins: "STORM: ", "END OF
 * SILENCE 3: "; "" for a digest. */
void words_add_cause(struct strbuf *out, const struct render_job *j);
/* "12 alerts: 1 high, 11 low" */
void words_add_counts(struct strbuf *out, const struct render_job *j);
/* https, printable ASCII, nothing that ends an attribute or a line. */
bool words_link_ok(const char *url);

#endif

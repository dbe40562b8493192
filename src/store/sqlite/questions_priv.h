/* The texts of look(): one statement for each question, over the views. */
#ifndef STORE_SQLITE_QUESTIONS_PRIV_H
#define STORE_SQLITE_QUESTIONS_PRIV_H

#include "store/look.h"

/* The conditions of struct selector on a row of alert. */
#define SELECTED                                                               \
	"(@severities = 0 OR (@severities >> a.severity) & 1) "                \
	"AND (@states = 0 OR (@states >> a.state) & 1) "                       \
	"AND (@phase IS NULL OR a.phase = @phase) "                            \
	"AND (@source IS NULL OR a.source_id = "                               \
	"(SELECT id FROM source WHERE name = @source)) "                       \
	"AND (@owner IS NULL OR a.owner = @owner) "                            \
	"AND (@resource IS NULL "                                              \
	"OR lower(a.resource_id) GLOB lower(@resource)) "                      \
	"AND (@since = 0 OR +a.seen_ms >= @since) "                            \
	"AND (@until = 0 OR +a.seen_ms < @until) "                             \
	"AND (@id = 0 OR a.id = @id) "                                         \
	"AND (NOT @overdue OR (a.state < 2 AND (a.urgency_ms <= @now "         \
	"OR EXISTS (SELECT 1 FROM clock AS o WHERE o.alert_id = a.id "         \
	"AND o.episode = a.episode AND o.kind = 1 AND o.stopped_ms IS NULL "   \
	"AND o.held_ms IS NULL AND o.due_ms <= @now)))) "

/* LOOK_ALERTS has one text for each order of struct selector. */
enum alert_order {
	ORDER_URGENCY,
	ORDER_SEEN,
	ORDER_DUE,
	ORDER_SEVERITY,
	ORDER_ID,
};
#define ORDER_MAX (ORDER_ID + 1)

/* search_alerts() has two for every alert, of which the second is for words
 * that few of them will have, one for those that are asked for, one for open
 * ones that are, and one for every alert about what has the text for a name. */
enum search_among {
	SEARCH_EACH,
	SEARCH_RARE,
	SEARCH_SOME,
	SEARCH_OPEN,
	SEARCH_NAMED,
};
#define SEARCH_AMONG_MAX (SEARCH_NAMED + 1)

extern const char *const question_search_text[SEARCH_AMONG_MAX];
/* How many alerts SEARCH_NAMED would look at; 0 when it cannot tell. */
extern const char *const question_search_named;
extern const char *const question_text[QUESTION_MAX];
/* The rest of them, NULL where another table has the text. */
extern const char *const question_shift_text[QUESTION_MAX];
extern const char *const question_metrics_text[QUESTION_MAX];
extern const char *const question_posture_text[QUESTION_MAX];
extern const char *const question_alerts_text[ORDER_MAX];
/* The same, when no closed one is asked for. */
extern const char *const question_open_text[ORDER_MAX];

#endif

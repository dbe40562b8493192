/* The texts of look(): one statement for each question, over the views. */
#ifndef STORE_SQLITE_QUESTIONS_PRIV_H
#define STORE_SQLITE_QUESTIONS_PRIV_H

#include "store/look.h"

/* LOOK_ALERTS has one text for each order of struct selector. */
enum alert_order {
	ORDER_URGENCY,
	ORDER_SEEN,
	ORDER_DUE,
	ORDER_SEVERITY,
	ORDER_ID,
};
#define ORDER_MAX (ORDER_ID + 1)

extern const char *const question_text[QUESTION_MAX];
extern const char *const question_alerts_text[ORDER_MAX];

#endif

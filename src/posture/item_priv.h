/* Members of a stranger's JSON object as fields of a record: cleaned, clipped,
 * wrong types read as absent. */
#ifndef POSTURE_ITEM_PRIV_H
#define POSTURE_ITEM_PRIV_H

#include <jansson.h>
#include "core/posture.h"
#include "util/err.h"
#include "util/strbuf.h"

/* Text as one line of at most POSTURE_WORD_MAX characters; heap, NULL for NULL
 * and for what is nothing but blanks. */
char *item_line(const char *s) must_check;
/* Text that may be HTML, as lines of at most POSTURE_TEXT_MAX characters. */
char *item_text(const char *s) must_check;
/* The string member @key as a line. */
char *item_word(const json_t *object, const char *key) must_check;
/* An id as it was sent: 0, or ERR_SCHEMA, since one that is cut would name
 * something else. @what for the words. */
int item_id(const char *s, const char *what, char **ret,
	    struct err *err) must_check;
/* An RFC 3339 member; 0 when it is none. */
int64_t item_time(const json_t *object, const char *key);
/* A number member times @scale, rounded; false when it is none, negative, or
 * beyond everything that is counted here. */
bool item_scaled(const json_t *object, const char *key, int64_t scale,
		 int64_t *ret);
/* Append @word, cleaned, behind a ", ". */
void item_add_word(struct strbuf *list, const char *word);
/* A list as a field of one line; NULL when it is empty. */
char *item_list(const struct strbuf *list) must_check;
/* Each string of the array member @key, or a single string. */
char *item_words(const json_t *object, const char *key) must_check;
/* "Low" ... "Critical". */
bool item_severity(const char *word, enum severity *ret);

/* Each fills *ret, which is all zero, from an item and its "properties"; 0 or
 * an error with *ret in any state that can be released. */
int plan_read(const json_t *item, const json_t *properties, struct plan *ret,
	      struct err *err) must_check;
int score_read(const json_t *item, const json_t *properties,
	       struct secure_score *ret, struct err *err) must_check;
int assess_read(const json_t *item, const json_t *properties,
		struct advice *ret, struct err *err) must_check;
int assess_read_kind(const json_t *item, const json_t *properties,
		     struct advice_kind *ret, struct err *err) must_check;
/* @number counts the items of the part from 1: a contact has no other name. */
int setting_read(enum posture_part part, size_t number, const json_t *item,
		 const json_t *properties, struct posture_setting *ret,
		 struct err *err) must_check;

#endif

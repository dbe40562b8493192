/*
 * A configuration file as a tree of texts, lists and maps, each with its
 * place. The rest of the room works on this and never sees libyaml. Scalars
 * are plain text until the option table gives them a type ("no" stays "no").
 */
#ifndef CONF_NODE_PRIV_H
#define CONF_NODE_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include "conf/conf.h"

#define PARSE_DEPTH_MAX 16
#define PARSE_ENTRIES_MAX 1000 /* of one list or map: looked up linearly */
#define PARSE_NODES_MAX 50000 /* of one file */
#define PARSE_BYTES_MAX (1024 * 1024)

enum node_kind {
	NODE_TEXT,
	NODE_LINES, /* text of several lines: for templates alone */
	NODE_LIST,
	NODE_MAP,
	NODE_SPOILT, /* a fault was said about it already: skip quietly */
};

struct node;
struct node_item {
	struct node *key; /* a NODE_TEXT; NULL in lists */
	struct node *value;
};

struct node {
	enum node_kind kind;
	struct mark mark;
	char *text; /* NODE_TEXT, NODE_LINES: printable, never NULL */
	/* Where the first character of the text stands in the file, when every
	 * further line stands below it at the same column; line 0: not so. */
	int text_line, text_column;
	struct node_item *items;
	size_t n, n_alloc;
};

/* Returns NULL. */
struct node *node_free(struct node *n);
void node_free_ptr(struct node **n);
/* The value of @key, or NULL when @map has none or is no map. */
const struct node *node_get(const struct node *map, const char *key);
/* "text", "a list" ...: for messages. */
const char *node_kind_name(const struct node *n);

/*
 * Read one YAML document. @file is borrowed by the marks of the tree. *ret is
 * NULL for a document without content. Returns 0, or ERR_CONF when the tree
 * cannot be relied on (then *ret is untouched); what is wrong is in @faults
 * either way.
 */
int parse_yaml(const char *file, const char *text, size_t len,
	       struct node **ret, struct faults *faults) must_check;

#endif

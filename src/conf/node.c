/*
 * The tree a file is read into (node_priv.h). Used by every file of this room
 * that reads options; knows neither YAML nor options.
 *
 * tested with: test_parse
 */
#include "conf/node_priv.h"

#include <stdlib.h>
#include <string.h>

/* Depth is bounded by PARSE_DEPTH_MAX. */
struct node *node_free(struct node *n)
{
	if (!n)
		return NULL;
	for (size_t i = 0; i < n->n; i++) {
		node_free(n->items[i].key);
		node_free(n->items[i].value);
	}
	free(n->items);
	free(n->text);
	free(n);
	return NULL;
}

void node_free_ptr(struct node **n)
{
	*n = node_free(*n);
}

const struct node *node_get(const struct node *map, const char *key)
{
	if (!map || map->kind != NODE_MAP)
		return NULL;
	for (size_t i = 0; i < map->n; i++)
		if (strcmp(map->items[i].key->text, key) == 0)
			return map->items[i].value;
	return NULL;
}

const char *node_kind_name(const struct node *n)
{
	switch (n->kind) {
	case NODE_TEXT:
		return *n->text ? "text" : "nothing";
	case NODE_LINES:
		return "several lines of text";
	case NODE_LIST:
		return "a list";
	case NODE_MAP:
		return "a block of options";
	case NODE_SPOILT:
		break;
	}
	return "something unreadable";
}

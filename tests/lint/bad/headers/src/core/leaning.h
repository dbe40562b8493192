/* Works only after somebody else has included stddef.h. */
#ifndef CORE_LEANING_H
#define CORE_LEANING_H

size_t leaning(void);

#endif

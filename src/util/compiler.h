/* Small words of the house for the compiler. Included everywhere; knows
 * nothing. */
#ifndef UTIL_COMPILER_H
#define UTIL_COMPILER_H

#include <stddef.h>

/* The caller must look at the result; write (void) and the reason otherwise. */
#define must_check __attribute__((warn_unused_result))
#define printf_like(fmt, args) __attribute__((format(printf, fmt, args)))
#define never_returns __attribute__((noreturn))

/* Run fn(&variable) when the variable goes out of scope. */
#define CLEANUP(fn) __attribute__((cleanup(fn)))

/* Hand a cleaned-up pointer on: gives its value and leaves NULL behind. */
#define take(p)                                                                \
	({                                                                     \
		__typeof__(p) took_ = (p);                                     \
		(p) = NULL;                                                    \
		took_;                                                         \
	})

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define BIT(n) (1u << (n))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

#endif

/*
 * How many lots a test draws: fewer with a sanitizer, which makes each of them
 * many times as slow. What it looks for is there in the first ones.
 */
#ifndef TESTS_HELPERS_LOTS_H
#define TESTS_HELPERS_LOTS_H

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LOTS(usual, sanitized) (sanitized)
#else
#define LOTS(usual, sanitized) (usual)
#endif

#endif

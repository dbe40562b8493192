/* Directories that are made for one use and thrown away. */
#ifndef UTIL_SCRATCH_H
#define UTIL_SCRATCH_H

/*
 * Remove directory @path and the files in it; a directory below it stays, and
 * so does @path then. What cannot be removed is left: there is nobody to tell,
 * and nothing depends on it.
 */
void scratch_remove(const char *path);

#endif

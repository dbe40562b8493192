/* Runs a SELECT in the store. */
struct sqlite3;

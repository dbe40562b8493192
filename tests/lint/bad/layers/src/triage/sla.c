/* The calendar alone knows libical. */
#include <libical/ical.h>

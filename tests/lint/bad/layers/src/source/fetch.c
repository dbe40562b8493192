/* Two subjects never know each other; private headers stay at home. */
#include "source/fetch.h"
#include <event2/event.h>
#include <curl/curl.h>
#include <zlib.h>
#include "notify/deliver.h"
#include "net/xfer_priv.h"
#include "net/xfer.h"
#include "triaged/payload.h"
#include "version.h"

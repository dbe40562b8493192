/*
 * The control protocol of triaged, for programs other than triagectl.
 * A promise: changing a line is a release note.
 *
 * Request:  {"v":1,"id":7,"verb":"ack","args":{"alert":42}}
 * Answer:   {"v":1,"id":7,"code":"ok","text":"...","data":{...}}
 */
#ifndef TRIAGED_CTL_H
#define TRIAGED_CTL_H

#define CTL_VERSION 1
#define CTL_FRAME_MAX 65536       /* bytes of a request */
#define CTL_ANSWER_MAX 1048576    /* bytes of an answer */
#define CTL_CLIENTS_MAX 64
#define CTL_IDLE_MS 30000

#define CTL_OK "ok"
#define CTL_FAILED "failed"
#define CTL_USAGE "usage"
#define CTL_DENIED "denied"
#define CTL_NOT_FOUND "not-found"
#define CTL_CONFLICT "conflict"   /* somebody else changed it first */

#define CTL_VERB_STATUS "status"          /* {} */
#define CTL_VERB_ACK "ack"                /* {alert, version?, note?} */
#define CTL_VERB_CLOSE "close"            /* {alert, version?, as, note?} */
#define CTL_VERB_TEST_NOTIFY "test-notify" /* {target} */
#define CTL_VERB_RELOAD "reload"          /* {} */
#define CTL_VERB_OUTBOX_RETRY "outbox-retry" /* {delivery} */

#endif

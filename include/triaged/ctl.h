/*
 * The control protocol of triaged, for programs other than triagectl.
 * A promise: changing a line is a release note.
 *
 * One JSON object a line, both ways, on the Unix socket `control-socket`:
 *
 * Request:  {"v":1,"id":7,"verb":"ack","args":{"alert":42}}
 * Answer:   {"v":1,"id":7,"code":"ok","text":"...","data":{...}}
 *
 * "id" is any number from 0 that the caller likes; the answer repeats it (0
 * when the request could not be read). "args", "text" and "data" may be
 * absent. Members that are not listed are ignored; a key that stands twice is
 * refused. Requests that come before the answer to the last are answered one
 * after the other, in their order.
 *
 * Another "v" gets the answer "usage" with the version spoken here.
 *
 * Who asks is who the kernel says is at the other end: no request names it. It
 * has a role by its groups (control: in the settings), and each verb needs one
 * of them: read, operate or admin, each of which includes the ones before.
 */
#ifndef TRIAGED_CTL_H
#define TRIAGED_CTL_H

#define CTL_VERSION 1
#define CTL_FRAME_MAX 65536 /* bytes of a request */
#define CTL_ANSWER_MAX 1048576 /* bytes of an answer */
#define CTL_DEPTH_MAX 16 /* brackets within brackets, either way */
/* Characters of what people type; it is refused when it is longer, and never
 * cut: note, the text of a note and the reason of a hold; any other reason. */
#define CTL_NOTE_MAX 2000
#define CTL_REASON_MAX 500
/* Connections at a time, and of one user. One more, and the one that has been
 * silent longest is closed, with an answer that says so. */
#define CTL_CLIENTS_MAX 128
#define CTL_CLIENTS_PER_USER 32
/* Without a whole request for so long, a connection is closed. */
#define CTL_IDLE_MS 30000

/* Codes, and the exit status triagectl makes of them. */
#define CTL_OK "ok" /* 0 */
#define CTL_FAILED "failed" /* 1 */
#define CTL_USAGE "usage" /* 2 */
#define CTL_DENIED "denied" /* 4 */
#define CTL_NOT_FOUND "not-found" /* 5 */
#define CTL_CONFLICT "conflict" /* 1: somebody else changed it first */

/* Verbs: arguments, and behind the arrow what stands in "data". */

/* {} -> {pid, version, up_since_ms, healthy, trouble?, policy_hash, sources,
 * targets: [{target, waits_until_ms, messages, within_ms}],
 * heartbeats: [{target, state, last_ms, reason}], log_head?: {event, hash}}:
 * until when the target's rate holds back what is due, 0 when it does not, and
 * the rate; a heartbeat is new, beats, lost or silent; log_head is the newest
 * event of the audit log that the daemon wrote; the text is the line that
 * systemctl status shows */
#define CTL_VERB_STATUS "status"
/* {alert, version?, note?, code?} -> {alert, acknowledged_by}; code: that of a
 * message, such as "1042-K7PMX", in the name of who it was sent to. conflict:
 * the alert is closed, or not of this version any more */
#define CTL_VERB_ACK "ack"
/* {alert, version?, as, note?} -> {alert} */
#define CTL_VERB_CLOSE "close"
/*
 * {alert, version?, owner, note?} -> {alert, triaged}; owner "-" is nobody.
 * triaged: it has an owner and a phase that somebody set, so that its triage
 * clock and its ladders are stopped; the text says what it lacks otherwise.
 */
#define CTL_VERB_ASSIGN "assign"
/* {alert, version?, phase, note?} -> {alert, triaged}, as above; any phase but
 * detect */
#define CTL_VERB_PHASE "phase"
/* {alert, version?, for_ms, reason} or {alert, version?, end: true, reason?}
 * -> {alert, due_ms} of the resolve clock; conflict: none that runs */
#define CTL_VERB_HOLD "hold"
/* {alert, version?, note?} -> {alert, episode}; conflict: it is not closed */
#define CTL_VERB_REOPEN "reopen"
/* {alert, text} -> {alert}; of any state and version */
#define CTL_VERB_NOTE "note"
/*
 * {alert, user? or ip?, around_ms?, limit?} -> {inquiry, state, source,
 * about_kind, about, ...}: begins to ask a source for the activities of the
 * user or address, not given: of whom the alert names; and {inquiry} -> the
 * same, to look how that goes. state is asking (with pages, found and wait_ms,
 * until the service lets us ask on), kept (with fetch, found, added, unread
 * and, when it is not all there is, trouble) or failed (with error and
 * retry_at_ms, 0 when nobody knows). Kept is what v_evidence has. An outcome is
 * remembered for a while.
 */
#define CTL_VERB_ACTIVITIES "activities"
/* {target} -> {deliveries: [number of each row put into the outbox]}; for a
 * heartbeat -> {heartbeat: {target, state, last_ms, reason}}, answered when it
 * is known whether one arrived */
#define CTL_VERB_TEST_NOTIFY "test-notify"
/* {}; the text has a line for each fault */
#define CTL_VERB_RELOAD "reload"
/* {delivery} -> {delivery}, or {dead: true, target?} -> {deliveries, more}: how
 * many were done, and whether to ask again for the rest; dead messages go out
 * again */
#define CTL_VERB_OUTBOX_RETRY "outbox-retry"
/* {delivery, reason} or {target, reason} -> as above: what is owed or dead is
 * given up for good */
#define CTL_VERB_OUTBOX_DROP "outbox-drop"
/* {target} -> {target}; conflict: it is not disabled */
#define CTL_VERB_OUTBOX_ENABLE "outbox-enable"
/* {} -> {findings: [{grade, about, name, step, cause, next, last_good_ms}]};
 * grade is "trouble" or "remark", next a command */
#define CTL_VERB_DOCTOR "doctor"
/* {match, reason, for_ms or ends_ms, starts_ms?, critical?, notify?, preview?}
 * -> {silence, starts_ms, ends_ms, open, covered, severities, examples}: how
 * many alerts are open now, how many of them it covers (by severity, and the
 * numbers of some); with preview: true nothing is added, and silence is null */
#define CTL_VERB_SILENCE_ADD "silence-add"
/* {silence} -> {silence} */
#define CTL_VERB_SILENCE_END "silence-end"
/* {severity?, match?, reason?, for_ms} -> {drill, alert, ends_ms}: an alert of
 * the kind drill goes the way of all others, but to no target of type exec; it
 * ends by itself, when it was answered or at ends_ms. severity is critical when
 * not given. conflict: one runs already */
#define CTL_VERB_DRILL "drill"
/* The same, and targets of type exec run too. */
#define CTL_VERB_DRILL_WITH_HOOKS "drill-with-hooks"
/* {alert?} -> {alert, result}: ends the one that runs; result is passed,
 * unanswered or unreached */
#define CTL_VERB_DRILL_END "drill-end"
/*
 * {alert, version?, action, user?, hook?, as?, reason?, contain?} -> what would
 * be done: {response, state, alert, version, action, subject, source, verdict,
 * contain, asked_by, reason, expires_ms, undoes, undo, caution, privileged,
 * second_person, approver, approvers, you_may_not, approved, per_hour, calls:
 * [{step, call}], needs?}. response is its number; state is planned or waiting
 * (for a second person). action is revoke-sessions, suspend-user, restore-user,
 * notify-user, dismiss, resolve, in-progress, activate or exec; user says which
 * of several accounts, hook which program, as the verdict that goes along with
 * dismiss or resolve; contain: when it is done, the alert's phase becomes
 * contain. undo is the action that takes it back, privileged the pattern by
 * which the account is one, approvers who has the role, you_may_not why who
 * asks may not approve it, all null when there is none; approved is how many
 * were within an hour, of per_hour. Nothing is done before somebody approves
 * it. conflict: the alert is not of this version any more.
 */
#define CTL_VERB_RESPOND "respond"
/* The same, and nothing is stored: response is null; or {response} -> the same
 * of one that is stored */
#define CTL_VERB_RESPOND_PLAN "respond-plan"
/* {response} -> {response, alert, state}: the daemon does it from now on.
 * denied: not by this role or person; conflict: it is approved or over already,
 * or the alert has changed since it was planned */
#define CTL_VERB_APPROVE "approve"
/* {response, reason?} -> {response, alert, state}: it is not done. By who asked
 * for it or may approve it; conflict: it runs or is over */
#define CTL_VERB_REFUSE "refuse"

#endif

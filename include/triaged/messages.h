/*
 * MESSAGE_IDs of triaged's journal entries, for journalctl and monitoring.
 * A promise: changing a line is a release note. Each has a text in
 * systemd/triaged.catalog that says what to do.
 *
 * Fields: TRIAGED_<NAME>, see triaged(8).
 */
#ifndef TRIAGED_MESSAGES_H
#define TRIAGED_MESSAGES_H

/* the daemon is up */
#define MSG_STARTED "47eaa0992cb6416d86dc283cf0480ff9"
/* the daemon is going down */
#define MSG_STOPPING "1509bb0a9bf143318a118783593942a4"
/* settings were read or read again */
#define MSG_CONF_LOADED "f5ec52ed0108447592e1bc7656670b14"
/* settings are in use that can hardly be meant */
#define MSG_CONF_DOUBTFUL "b3db49797e8040d8abee3920c4231ae5"
/* new settings were refused, the old ones stay */
#define MSG_CONF_REFUSED "59ba1b0d5c904158a909406c2e416788"
/* a poll was incomplete */
#define MSG_SOURCE_FAILED "5d32fe61985f44e7aa095ee82bb29976"
/* a source is complete again after failures */
#define MSG_SOURCE_RECOVERED "9a1e40b458154a9999e2d15364c7a500"
/* sign-in refused for good: somebody must act */
#define MSG_SOURCE_AUTH "68b4aef73eaa4e179d8a4eace693ae2d"
/* an alert came in */
#define MSG_ALERT_OPENED "142c83647806457793e783e7eb04b39b"
/* a closed alert is active again */
#define MSG_ALERT_REOPENED "3b041641178844f2a60df25453fe2e85"
/* an alert was closed */
#define MSG_ALERT_CLOSED "00a154d85ed84bccb5c719c2add9ca88"
/* somebody has it */
#define MSG_ALERT_ACKNOWLEDGED "c0290103855d4f5599ec8712e8e3574f"
/* it has an owner and a severity that a person confirmed */
#define MSG_ALERT_TRIAGED "812d39e3c7cb417d9e1b857d09d65fab"
/* a resolve clock waits */
#define MSG_ALERT_HELD "da1d86035df347d9955910eaaa40cd58"
/* a resolve clock runs again */
#define MSG_HOLD_ENDED "65c1eb647df34acb8aac0664dbb68c6e"
/* links and codes to acknowledge cannot be made */
#define MSG_ACK_KEY "5f3b8ee2a94b4f0d8a1c6f7d20c94be7"
/* links to acknowledge that do not hold */
#define MSG_ACK_REFUSED "b92c7d14f06e4a73a5e8d3c1907f62ab"
/* an acknowledgement ran out */
#define MSG_ACK_EXPIRED "6e704245a4ff41e3a7949b80dcb0b82e"
/* a clock is at 50 or 80 percent; TRIAGED_CLOCK is triage or resolve */
#define MSG_SLA_WARNING "de1b1471320a48eab7a788d106762832"
/* a clock ran out; TRIAGED_CLOCK is triage or resolve */
#define MSG_SLA_BREACHED "4350cc1721e54f21acd552a09ddbef12"
/* no route matched, the fallback got it */
#define MSG_UNROUTED "9ed89eddd6844325b600e6129ec04ece"
/* a step of a ladder names rotations in which nobody has the duty */
#define MSG_NOBODY_ON_CALL "99be4faa94104f9e832368c653ade13c"
/* an item could not be understood */
#define MSG_QUARANTINED "627bf3225fac4cb6a34acb115ee347dd"
/* a source used an unknown severity */
#define MSG_SEVERITY_UNMAPPED "a930d55d954540f3ae889fe46f2c7a8c"
/* a notice could not be delivered yet */
#define MSG_DELIVERY_RETRY "43f2f1936e854f08b5927b0fe339d309"
/* a template failed, the built-in words went out */
#define MSG_TEMPLATE_FAILED "b732b5a3e90d45e1a1cccb2e55620373"
/* a notice was given up */
#define MSG_DELIVERY_DEAD "990d3cd8381d422f850c86bd84e0164b"
/* a target said it is gone (410) */
#define MSG_TARGET_DISABLED "e07cb5793e7f497bbcc1c0c8b0cdf20a"
/* a target refuses our credentials */
#define MSG_TARGET_REFUSED "e1ba0674de634e4ca6819e3976f7a905"
/* a target takes messages again */
#define MSG_TARGET_WORKS "91f1ded7b704467eb568c63ce46cebf2"
/* a critical notice does not arrive, another target is told */
#define MSG_SECOND_CHANNEL "9f6627faa3f644b1806f60bf0ef0086d"
/* a critical notice does not arrive and there is nobody else to tell */
#define MSG_NOBODY_ELSE "ecdc7a4c292242989fd582bf95ebd95d"
/* a target or a recipient left the settings while it was owed a notice */
#define MSG_TARGET_GONE "6bc32b031bfc48cba7c56f3344ffb839"
/* a heartbeat did not arrive */
#define MSG_HEARTBEAT_LOST "2092cfe300c8483ebc358363dc27aed7"
/* triaged is not well, so it sends no heartbeat */
#define MSG_HEARTBEAT_SILENT "fd52032bf46042e0a23adbb45d2f9824"
/* heartbeats arrive */
#define MSG_HEARTBEAT_BEATS "7381bb11b8754d819d0d607b227ed859"
/* the database refused a change */
#define MSG_STORE_FAILED "78f6d82486ea4214b5c34e7e77ca4499"
/* the database was brought to the schema of this release */
#define MSG_STORE_MIGRATED "325b1531f54047b0a8d3354ce8d86dcc"
/* the fallback was told past it that the database refuses changes */
#define MSG_EMERGENCY_SENT "ca9d58ef001149e099cd66d49b16f3f0"
/* and could not be told */
#define MSG_EMERGENCY_FAILED "bab27ddb7e324f3eb5ffb7ebfd9aa23e"
/* the database works again */
#define MSG_STORE_RECOVERED "1dcd327f761e47cbbb7e8913655c1d15"
/* what searches go by is not kept short */
#define MSG_SEARCH_UNMERGED "23eac6452ec84cc3a1c34f06cd7cc21b"
/* the search index was damaged */
#define MSG_SEARCH_RENEWED "f6aba66321594c94abf7aa79f0c481d9"
/* notices whose fate is unknown go out again */
#define MSG_RECOVERED_LEASES "9672be1a7fed4bb9a92fa271dbc52933"
/* the wall clock jumped */
#define MSG_CLOCK_JUMP "c44a66f4cf2543469cbe4f50bdbcda98"
/* waits that began on a clock that was ahead end earlier */
#define MSG_WAITS_MOVED "aa9fbf929cc743028aeb77e841f92cc5"
/* a control request was refused */
#define MSG_CONTROL_DENIED "1e2ed6cb64704f1f934b8db4b18fbdb1"
/* somebody does not want to be told about some alerts for a while */
#define MSG_SILENCE_ADDED "07c5e92fe30f4e719de72e0974424a0f"
/* a silence is over, by itself or by somebody */
#define MSG_SILENCE_ENDED "670050e7b9ee435f86fae46f218628d8"
/* somebody wants to know whether an alert would reach anybody now */
#define MSG_DRILL_STARTED "d2ab7db0566940c094c783ab43d63cc7"
/* a drill is over; its result says what came of it */
#define MSG_DRILL_ENDED "0d6064badb524fba93aa13ed6960ebe7"
/* more notices to a target than it may get: summaries instead */
#define MSG_STORM_BEGAN "5dd7e5d4cddf4ee7914ae1f21e10e5d3"
/* notices to a target go by themselves again */
#define MSG_STORM_ENDED "15a94b7e12fe42cc9a43f2a19abc9e10"
/* a target that must hear again of what fires does not take it */
#define MSG_STANDING_FAILED "c91fdf9b51c74a30b5e12ba4cdb4b2b2"
/* it does again */
#define MSG_STANDING_WORKS "9da38ca5eaad4650a81eee2071e480a1"
/* triaged raised an alert about itself */
#define MSG_SELF_ALERT "4f859933fdf0445f97e485b6761978dd"
/* a destination of the event log takes nothing now */
#define MSG_FORWARD_FAILED "9ecad46b636ff7c22e16f794371ff992"
/* ... and a person must look */
#define MSG_FORWARD_STUCK "b7e4269e8ac0f71724a5b8be1df98cea"
/* it takes events again */
#define MSG_FORWARD_GOES "efb88470de99c49285f4aa05a6e5a6e6"
/* a destination of events left the settings before it had all */
#define MSG_FORWARD_LEFT "7f0d2c51b6a94e0f8a3c9e64d1b75320"
/* the newest event of the audit log, daily and at the end */
#define MSG_AUDIT_HEAD "9fc046dfe01b4a8f93a6b7300e893881"
/* what is over was removed: counts of a day */
#define MSG_RETENTION "0fbb65bcb94c42219cae5fb190025081"
/* the database is above its size limit, and nothing more may go */
#define MSG_DATABASE_SIZE "d427db491d1847c5ac27afdeac2f29c6"
/* a reader keeps the journal of recent writes from shrinking */
#define MSG_LOG_HELD "cd0c7fff86a04a56aa0440d52a2debb4"
/* it does not any more */
#define MSG_LOG_FREE "07fae40eeeef480aa8899325a798bc02"
/* what a source tells beside its alerts could not be read whole */
#define MSG_POSTURE_INCOMPLETE "dfafb91297ae40afb4495794e6f09d2d"
/* it can again */
#define MSG_POSTURE_COMPLETE "8532c99ed2e543aeb722e0bab5d4396e"
/* subscriptions of a source are not among those it may read any more */
#define MSG_POSTURE_LOST "2bb40eef278449bfb53fac80423866fd"
/* a source reads another tenant, or other services of it, than before */
#define MSG_SOURCE_ANEW "31ff9e4c55f54a3d96af28ef36b2efe8"
/* the settings do not have the posture of a source read any more */
#define MSG_POSTURE_LEFT "2d56e5f36f1b4b7da0ad0e77de1716f4"
/* the program limited itself to its own files (Landlock) */
#define MSG_CONFINED "6220f61e5f734f03a53d40d9c3616612"
/* it could not, or was told not to */
#define MSG_NOT_CONFINED "8d236b89fc2644ae83da7a8cab0742a3"
/* people let something be done upstream, or by a program */
#define MSG_RESPONSE_APPROVED "ccc87727efc0e0a6924d3a4bd09fb6c5"
/* it was done */
#define MSG_RESPONSE_DONE "4176a7482cfc1564f7d8f0735b5b9b27"
/* it was not, or nobody can say */
#define MSG_RESPONSE_FAILED "67242414839e03a937bdb056d93bdd0e"
/* somebody, or a rule, said no to it */
#define MSG_RESPONSE_REFUSED "86a37a2960f038bc761a74e0861fe3b9"
/* its time was over */
#define MSG_RESPONSE_EXPIRED "1b66cce2a6c6de11d2f95e22f1c18ab5"
/* the settings cannot be used, so the daemon does not start */
#define MSG_CONF_UNUSABLE "903b67675e0641f5b6f821cb566e8f42"
/* entries of this log were lost: nobody took them */
#define MSG_LOG_LOST "71e85c75a0894ae289c3098f56797d37"
/* there was no database, so a new one was made */
#define MSG_STORE_MADE "ad75963da6bf46a59cdba366d8def7d4"
/* the same, but there had been one before */
#define MSG_STORE_VANISHED "ef4180c7c8f04e56974033deee94d3c3"
/* the address of its page could not be had; the daemon works without */
#define MSG_LISTEN_FAILED "5e927ebfdeac42748bd65ce5e914f2b0"
/* its page is served, which was not */
#define MSG_LISTEN_RECOVERED "0a4c983435934330807b2394cfed3143"

#endif

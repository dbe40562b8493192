/*
 * The JSON webhook payload of triaged: names receivers may rely on.
 * A promise: changing a line is a release note. Described in triaged.yaml(5).
 */
#ifndef TRIAGED_PAYLOAD_H
#define TRIAGED_PAYLOAD_H

#define PAYLOAD_VERSION 1

#define PAYLOAD_TYPE_OPENED "alert.opened"
#define PAYLOAD_TYPE_ESCALATED "alert.escalated"
#define PAYLOAD_TYPE_UPDATED "alert.updated"
#define PAYLOAD_TYPE_ACKNOWLEDGED "alert.acknowledged"
#define PAYLOAD_TYPE_WARNING "alert.sla_warning"
#define PAYLOAD_TYPE_BREACHED "alert.sla_breached"
#define PAYLOAD_TYPE_CLOSED "alert.closed"
#define PAYLOAD_TYPE_REOPENED "alert.reopened"
#define PAYLOAD_TYPE_DIGEST "digest"
#define PAYLOAD_TYPE_SILENCE "silence.ending"
#define PAYLOAD_TYPE_RESPONSE "response.run"
#define PAYLOAD_TYPE_TEST "test"

#endif

// What the counters of workers and destinations count, as /metrics and its reference page say it.
import type { CounterName } from "../bridge/counters.ts";
import type { DestinationCounter } from "../bridge/destination-counters.ts";

/** Counters that metrics.ts puts into one metric with others, by the beginning of their names. */
type OfFamily =
  `${"dropped" | "rejected" | "failovers" | "forwarded" | "large_requests" | "retransmissions"}_${string}`;

/** By the name of a worker's counter that is a metric of its own. */
export const COUNTER_HELP: Readonly<Record<Exclude<CounterName, OfFamily>, string>> = {
  received: "Messages received: datagrams, and messages framed from connections",
  sent: "Messages sent that the system took",
  sent_in_trains: "Datagrams that left together with others of the same length for the same peer (UDP_SEGMENT)",
  sockets_without_trains:
    "Sockets that send datagrams shorter together or one by one until the next start, because the system refused trains",
  coalescing_waits: "Waits of a tenth of a millisecond after a crowd of datagrams, so that the next crowd is larger",
  replies: "Answers of our own: rejections, 100 Trying, and answers to requests that are for us",
  handed_off: "Messages that arrived at another worker than the one that handles their call, and were given to it",
  loops: "Requests answered with 482: they came by before, unchanged",
  max_forwards: "Requests answered with 483: their Max-Forwards was 0",
  protected_headers_removed: "Header lines taken out of requests and answers of strangers (protected_headers)",
  emergency_calls: "Emergency calls let in, whatever overload control and rate limits say",
  paths_added: "Requests forwarded with a Path of ours",
  flows_followed: "Requests sent to a phone over the flow that it registered by",
  contacts_repaired: "Contacts of phones behind NAT that got a parameter by which requests find them (contact: repair)",
  flows_kept: "Flows of registered phones that began to be kept open",
  flows_not_kept: "Flows of registered phones that are not kept open, because the table is full",
  flows_ended: "Kept flows that ended: the registration ran out or was taken back, or the phone answered no longer",
  keepalives_sent: "Keep-alives sent to registered phones",
  keepalives_answered: "OPTIONS sent as keep-alives that the phone answered",
  keepalives_unanswered: "Kept flows given up because their phone did not answer",
  stun_answered: "STUN requests of phones answered (RFC 5626 keep-alives)",
  transactions_created: "Requests that were kept as transactions",
  dialogs_created: "Dialogs remembered, from their first answer on",
  dialogs_not_kept:
    "Answered calls that are not remembered, because limits.dialogs is reached: max_calls lets others in for them",
  dialogs_ended: "Dialogs that ended by a BYE, answered or not",
  dialogs_expired: "Answered calls that were forgotten without a BYE, because nothing was heard of them for too long",
  access_log_lost: "Lines of the access log lost, because they came faster than they could be written",
  algorithm_faults: "Choices that went by another algorithm, because one of your own failed",
  stream_queue_full: "New requests that went elsewhere or got 503, because the stream worker had no room for them",
};

/** By the name of a destination's counter; those of responses are one metric. */
export const DESTINATION_HELP: Readonly<Record<Exclude<DestinationCounter, `responses_${string}`>, string>> = {
  requests: "Requests sent to it",
  calls: "INVITE requests for new calls sent to it",
  failovers: "Requests that went on to another destination after it",
  timeouts: "Requests that it left without a final answer",
  transport_errors: "Requests that the network refused on their way to it: ICMP, no route, no connection",
  rests: "Times that it asked for a rest with 503 and Retry-After, and got it",
  new_answered: "New requests with any answer but a failure",
  new_failed: "New requests that it failed with a 5xx other than 501, 505 and 513, which are about the request",
  new_unanswered: "New requests without any answer",
  calls_taken: "Calls that it answered",
  calls_not_taken: "Calls that it failed, or refused to trusted callers; not those that callers cancelled",
  calls_ended: "Calls that ended by a BYE",
  call_seconds: "Length in seconds of the calls that ended by a BYE, all together",
  calls_lost: "Calls no longer counted because no BYE came",
};

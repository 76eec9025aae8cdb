/** News of a room: what happened, in the past tense. */
export interface NewEvent {
  /** `<noun>.<what_happened>`, for example `work.completed`. */
  readonly type: string;
  readonly orgId: string;
  /** Id of what the event is about. */
  readonly subject: string;
  /** JSON; never secrets. `by` (an `Attribution`), `before` and `after` are for the audit trail. */
  readonly data: object;
}

/** An event as subscribers read it. */
export interface FeedEvent<Data = Readonly<Record<string, unknown>>> {
  /** `evt_…`: the same at every delivery. */
  readonly id: string;
  readonly type: string;
  readonly orgId: string;
  readonly subject: string;
  readonly data: Data;
  readonly createdAt: Date;
}

/** A place in the feed; compared as a row. */
export interface FeedPosition {
  /** Transaction id (xid8), decimal. */
  readonly position: string;
  readonly seq: number;
}

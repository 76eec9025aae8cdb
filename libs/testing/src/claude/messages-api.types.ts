/** The parts of the Messages API that the fake reads and writes. */
export interface CacheControl {
  readonly type: 'ephemeral';
  readonly ttl?: '5m' | '1h';
}

export interface RequestBlock {
  readonly type: string;
  readonly text?: string;
  readonly name?: string;
  readonly id?: string;
  readonly input?: unknown;
  readonly tool_use_id?: string;
  readonly is_error?: boolean;
  readonly content?: string | readonly RequestBlock[];
  readonly cache_control?: CacheControl | null;
}

export interface RequestMessage {
  readonly role: 'user' | 'assistant';
  readonly content: string | readonly RequestBlock[];
}

export interface MessagesRequest {
  readonly model: string;
  readonly max_tokens: number;
  readonly stream?: boolean;
  readonly system?: string | readonly RequestBlock[];
  readonly tools?: readonly { readonly name: string; readonly cache_control?: CacheControl | null }[];
  readonly messages: readonly RequestMessage[];
  readonly output_config?: unknown;
}

export interface FakeUsage {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cache_read_input_tokens: number;
  readonly cache_creation_input_tokens: number;
  readonly cache_creation: { readonly ephemeral_5m_input_tokens: number; readonly ephemeral_1h_input_tokens: number };
}

/** What the scripted model answers. */
export interface FakeAnswer {
  readonly text?: string;
  readonly toolUses?: readonly { readonly name: string; readonly input: Record<string, unknown> }[];
  readonly stopReason?: 'end_turn' | 'tool_use' | 'max_tokens' | 'refusal';
  /** Breaks the connection after this many stream events. */
  readonly breakAfterEvents?: number;
  /** Says nothing more after this many stream events, and keeps the connection. */
  readonly stallAfterEvents?: number;
  /** Breaks the connection in the middle of an answer that is not streamed. */
  readonly breakAfterBytes?: number;
  /** The answer is held back until this resolves. */
  readonly after?: Promise<unknown>;
}

export interface FakeFailure {
  readonly status: number;
  readonly errorType: string;
  readonly message?: string;
  readonly retryAfterSeconds?: number;
}

export type FakeTurn = FakeAnswer | FakeFailure;

export interface FakeCall {
  readonly path: string;
  readonly body: MessagesRequest;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Number of this call to the fake, from 1. */
  readonly number: number;
}

export type FakeScript = (call: FakeCall) => FakeTurn | Promise<FakeTurn>;

export function isFailure(turn: FakeTurn): turn is FakeFailure {
  return 'status' in turn;
}

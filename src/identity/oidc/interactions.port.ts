import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Session } from '../accounts/session.store.js';
import type { Visitor } from '../accounts/visitor.js';

/** Node's own, as `Page.raw` has them: the library reads its cookies from the one and writes them to the other. */
export interface RawExchange {
  readonly request: IncomingMessage;
  readonly reply: ServerResponse;
}

/** The program that asks for access. */
export interface RequestingClient {
  readonly id: string;
  readonly name: string;
  /** The client's own page, https; undefined when it names none. */
  readonly uri: string | undefined;
  /** Ours (dashboard): a person need not be asked whether they trust it. */
  readonly isFirstParty: boolean;
  /** Runs on the person's own machine, where any other program may say that it is this one: always ask. */
  readonly isInstalled: boolean;
  /** It registered itself a moment ago; nobody vouches for its name. */
  readonly isSelfRegistered: boolean;
}

/** An organization that the person may choose, and what the client would get there. */
export interface GrantableOrganization {
  readonly orgId: string;
  readonly name: string;
  readonly role: string;
  /** What was asked for, cut down to the role. Empty: nothing can be granted there. */
  readonly scopes: readonly string[];
  /** Where a machine may work, the default first; for machines only. */
  readonly clusters?: readonly GrantableCluster[];
}

export interface GrantableCluster {
  readonly id: string;
  readonly name: string;
}

/** What a client asks for, whichever way it asks. */
export interface AccessRequest {
  readonly client: RequestingClient;
  /** As asked for: permissions' scopes, `skill:…`, `offline_access`. */
  readonly scopes: readonly string[];
  /** Organization that the client named in its request. */
  readonly organization: string | undefined;
}

/** An authorization request that waits for a person at `/auth/interaction/:uid`. */
export interface PendingRequest extends AccessRequest {
  readonly uid: string;
  /** `sign_in`: call `finishLogin`; `consent`: ask, then call `finishConsent`. */
  readonly step: 'sign_in' | 'consent';
  /** The person must have shown credentials after this instant (`prompt=login`, `max_age`). */
  readonly signedInSince: Date | undefined;
  /** E-mail address that the client suggests. */
  readonly loginHint: string | undefined;
  /** Origin, or scheme with colon, where the browser goes afterwards: for `form-action` and for people to see. */
  readonly redirectsTo: string;
}

/** A device that waits for the person who reads its code. */
export interface PendingDevice extends AccessRequest {
  /** As people type it: `ABCD-EFGH`. */
  readonly userCode: string;
  /** What the machine says of itself (parameter `machine`, JSON); not checked by anybody. */
  readonly machine: Readonly<Record<string, unknown>> | undefined;
  readonly address: string | undefined;
  readonly userAgent: string | undefined;
  readonly expiresAt: Date;
}

export interface Approval {
  readonly session: Session;
  readonly visitor: Visitor;
  readonly orgId: string;
  /** Those that the person leaves; all that can be granted, when undefined. */
  readonly scopes?: readonly string[];
  /** For a machine: where it is to work; the default, when undefined. */
  readonly clusterId?: string;
}

export type ApprovalRefusal =
  /** The request has expired, was answered, or belongs to another browser. */
  | { readonly kind: 'gone' }
  /** The person is no member there. */
  | { readonly kind: 'not_a_member' }
  /** The role allows none of what was asked for. */
  | { readonly kind: 'nothing_to_grant' }
  /** The machine named skills, and none was left. */
  | { readonly kind: 'no_skill' }
  /** The organization has no such cluster. */
  | { readonly kind: 'no_such_cluster' };

/** Where the browser is to go on, by GET. */
export interface GoOn {
  readonly kind: 'go_on';
  readonly url: string;
}

export type DeviceOutcome = { readonly kind: 'approved' } | ApprovalRefusal;

/** What the pages for people do with requests of clients. Also the injection token. */
export abstract class Interactions {
  /** Undefined when it has expired, was answered, or belongs to another browser. */
  abstract details(exchange: RawExchange): Promise<PendingRequest | undefined>;

  /** Somebody is signed in. */
  abstract finishLogin(exchange: RawExchange, session: Session): Promise<GoOn | { readonly kind: 'gone' }>;

  /** The person's organizations with what the client would get in each; the named one only, when it named one. */
  abstract choices(request: AccessRequest, session: Session): Promise<GrantableOrganization[]>;

  /** Whether this person let this client have at least this in that organization before: then no page is needed. */
  abstract isGranted(request: AccessRequest, session: Session, orgId: string): Promise<boolean>;

  abstract finishConsent(exchange: RawExchange, approval: Approval): Promise<GoOn | ApprovalRefusal>;

  /** The person says no. */
  abstract abort(exchange: RawExchange, visitor: Visitor): Promise<GoOn | { readonly kind: 'gone' }>;

  /** By the code that the device shows, however it is typed. Undefined when there is none, or it was answered. */
  abstract findDevice(userCode: string): Promise<PendingDevice | undefined>;

  abstract approveDevice(userCode: string, approval: Approval): Promise<DeviceOutcome>;

  abstract denyDevice(userCode: string, who: { session: Session; visitor: Visitor }): Promise<void>;
}

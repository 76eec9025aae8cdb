import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Session } from '../accounts/session.store.js';

/** The browser's request, from whose cookie the authorization server knows which interaction it is about. */
export interface InteractionExchange {
  readonly request: IncomingMessage;
  readonly reply: ServerResponse;
}

interface AnyInteraction {
  readonly clientName: string;
  /** Origin, or scheme with colon, of the address that the browser goes to in the end: forms may lead there. */
  readonly leadsTo: string;
}

export interface LoginInteraction extends AnyInteraction {
  readonly kind: 'login';
  /** Address that the client believes the person to have. */
  readonly loginHint?: string;
  /** A sign-in before this instant does not count: the client asks for a new one. */
  readonly signedInAfter?: Date;
}

export interface ConsentInteraction extends AnyInteraction {
  readonly kind: 'consent';
  /** What the client asks for and was not given yet. */
  readonly scopes: readonly string[];
  /** Organization that the client asks for; the person chooses when there is none. */
  readonly orgId?: string;
  /** Registered by nobody whom this installation knows. */
  readonly isUnknownClient: boolean;
}

export type Interaction = LoginInteraction | ConsentInteraction;

export interface Allowed {
  readonly session: Session;
  readonly orgId: string;
}

/** What the authorization server wants to know of a person. Each answer gives the address at which the browser goes on. */
export abstract class LoginInteractions {
  /** Undefined when it is over, or was begun in another browser. */
  abstract find(exchange: InteractionExchange): Promise<Interaction | undefined>;
  abstract signedIn(exchange: InteractionExchange, session: Session): Promise<string>;
  abstract allow(exchange: InteractionExchange, allowed: Allowed): Promise<string>;
  abstract refuse(exchange: InteractionExchange): Promise<string>;
}

import type { Actor, Authentication, Origin } from '@coorchat/kernel';
import type { Attribution } from '../../platform/outbox/index.js';

/** Whoever sits at the browser, before and after we know who it is. */
export interface Visitor {
  readonly requestId: string;
  readonly origin: Origin;
}

/** The site that the browser shows; passkeys are bound to it. */
export interface Site {
  /** `https://coorchat.example` */
  readonly origin: string;
}

interface Act {
  readonly visitor: Visitor;
  readonly actor: Actor;
  readonly authentication?: Authentication;
}

export function attributionOfVisitor({ visitor, actor, authentication }: Act): Attribution {
  const { requestId, origin } = visitor;
  return { actor, requestId, origin, ...(authentication && { authentication }) };
}

import type { Page, SignedIn } from './page.js';
import type { PageHandler } from './page-server.js';

const RECENT_MS = 15 * 60_000;

export type SignedInHandler = (page: Page, who: SignedIn) => Promise<void> | void;

/** Somebody has to be signed in; whoever is not goes on here afterwards. */
export function signedIn(handler: SignedInHandler): PageHandler {
  return (page) => {
    if (page.signedIn) return handler(page, page.signedIn);
    page.redirect(`/auth/sign-in?continue=${encodeURIComponent(page.returnPath)}`);
  };
}

/** As `signedIn`; whoever signed in a while ago shows once more that they are there. */
export function recentlySignedIn(handler: SignedInHandler): PageHandler {
  return signedIn((page, who) => {
    if (Date.now() - who.session.signedInAt.getTime() < RECENT_MS) return handler(page, who);
    page.redirect(`/auth/sign-in?again=1&continue=${encodeURIComponent(page.returnPath)}`);
  });
}

const BASE = 'http://pages.invalid';
const OURS = /^\/(auth|oidc)(\/|$)/;

/** A path of ours to go on at, or undefined: nobody is sent to another site by a link to our sign-in. */
export function ownPath(text: string | undefined): string | undefined {
  if (text === undefined || text.length > 4_000 || /[\\\p{Cc}]/u.test(text)) return undefined;
  if (!text.startsWith('/') || text.startsWith('//') || !URL.canParse(text, BASE)) return undefined;
  const { origin, pathname, search } = new URL(text, BASE);
  return origin === BASE && OURS.test(pathname) && !pathname.includes('//') ? pathname + search : undefined;
}

/**
 * The `aud` of a token for a resource indicator (RFC 8707): our own URL, or an endpoint below it, as its metadata
 * (RFC 9728) names it. Undefined for what is not ours.
 */
export function audienceOf(resource: string, publicUrl: string): string | undefined {
  if (!URL.canParse(resource) || resource.includes('#')) return undefined;
  const { origin, pathname, search } = new URL(resource);
  const own = new URL(publicUrl);
  const root = own.pathname.replace(/\/$/, '');
  const path = pathname.replace(/\/$/, '');
  if (origin !== own.origin || search !== '') return undefined;
  return path === root || path.startsWith(`${root}/`) ? origin + path : undefined;
}

/** Whether a token for this audience is meant for us. */
export function isOwnAudience(audience: string | readonly string[] | undefined, publicUrl: string): boolean {
  const audiences = typeof audience === 'string' ? [audience] : (audience ?? []);
  return audiences.some((each) => audienceOf(each, publicUrl) === each);
}

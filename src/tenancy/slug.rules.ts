const MAX_LENGTH = 40;

/** Part of addresses: letters, digits and hyphens; the suffix keeps equal names apart. */
export function slugOf(name: string, suffix: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_LENGTH)
    .replace(/^-+|-+$/g, '');
  return plain === '' ? `organization-${suffix}` : `${plain}-${suffix}`;
}

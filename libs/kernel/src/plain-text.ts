export const UNSTORABLE_TEXT = 'must not contain a NUL character or half of a surrogate pair';

/**
 * Path of the first text (a key or a value) that no database and no UTF-8 file can hold; undefined when there is
 * none. Takes what JSON can express; the caller has bounded its depth.
 */
export function findUnstorableText(value: unknown, path: readonly string[] = []): readonly string[] | undefined {
  if (typeof value === 'string') return isStorable(value) ? undefined : path;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, item] of Object.entries(value)) {
    const found = isStorable(key) ? findUnstorableText(item, [...path, key]) : path;
    if (found) return found;
  }
  return undefined;
}

function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

export interface ScimQuery {
  readonly filter?: string | undefined;
  readonly startIndex?: string | undefined;
  readonly count?: string | undefined;
  readonly attributes?: string | undefined;
  readonly excludedAttributes?: string | undefined;
}

export const MAX_RESULTS = 200;

const ALWAYS = ['schemas', 'id'];

function whole(text: string | undefined, fallback: number): number {
  const number = Number(text ?? fallback);
  return Number.isInteger(number) ? number : fallback;
}

function names(text: string | undefined): string[] | undefined {
  return text?.split(',').map((name) => name.trim().toLowerCase());
}

/** The attributes that were asked for; parts of one bring all of it. */
export function shownAttributes(resource: object, { attributes, excludedAttributes }: ScimQuery): object {
  const only = names(attributes)?.map((name) => name.replace(/\..*$/, ''));
  const without = names(excludedAttributes) ?? [];
  const isShown = (name: string) =>
    ALWAYS.includes(name) || ((only?.includes(name.toLowerCase()) ?? true) && !without.includes(name.toLowerCase()));
  return Object.fromEntries(Object.entries(resource).filter(([name]) => isShown(name)));
}

/** A page in the form of RFC 7644, 3.4.2. */
export function listOf(resources: readonly object[], query: ScimQuery): object {
  const startIndex = Math.max(1, whole(query.startIndex, 1));
  const count = Math.min(MAX_RESULTS, Math.max(0, whole(query.count, MAX_RESULTS)));
  const page = resources.slice(startIndex - 1, startIndex - 1 + count);
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    totalResults: resources.length,
    startIndex,
    itemsPerPage: page.length,
    Resources: page.map((each) => shownAttributes(each, query)),
  };
}

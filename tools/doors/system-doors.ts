/** A call that opens a door across organizations. */
export interface DoorCall {
  /** `identity.oauth`, or `scheduler` and `erase`, which are purposes of their own; undefined when none can be read. */
  readonly purpose: string | undefined;
  /** For example `src/identity/oidc/oidc-adapter.ts:117`. */
  readonly place: string;
}

export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

const CALL = /(?:\.\s*(system)|\buow\s*\.\s*(scheduler|erase))\s*(?:<[^>()]*>)?\(\s*(?:(['"`])([^'"`$]*)\3)?/g;

/** Doors that have one purpose, which their name says. */
export const NAMED_DOORS = {
  scheduler: 'A pass over a pool places the tasks of all who share it; its role sees the columns that placing needs.',
  erase: 'What an organization has is deleted once its time of grace has passed; its role reaches nothing before.',
} as const;

export function doorCallsIn({ path, text }: SourceFile): DoorCall[] {
  return [...text.matchAll(CALL)].map((match) => {
    const [, , door = '', , purpose] = match;
    const line = text.slice(0, match.index).split('\n').length;
    return { purpose: door in NAMED_DOORS ? door : purpose, place: `${path}:${line}` };
  });
}

/** What is wrong with doors: without a purpose, with one that nobody wrote down, or a purpose that nothing needs. */
export function doorFaults(purposes: Readonly<Record<string, string>>, calls: readonly DoorCall[]): string[] {
  const known = { ...purposes, ...NAMED_DOORS };
  const wrong = calls.flatMap(({ purpose, place }) => {
    if (purpose === undefined) return [`${place}: a door across organizations without a purpose`];
    return purpose in known ? [] : [`${place}: the purpose ${purpose} is not on the list`];
  });
  const used = new Set(calls.map(({ purpose }) => purpose));
  const idle = Object.keys(purposes).filter((purpose) => !used.has(purpose));
  const silent = Object.entries(purposes).filter(([, why]) => !/^\S.{20,}\.$/.test(why));
  return [
    ...wrong,
    ...idle.map((purpose) => `${purpose}: nothing uses this purpose`),
    ...silent.map(([purpose]) => `${purpose}: the list does not say why`),
  ];
}

/** `identity/oidc` for a file of that room; how a door is opened is the business of the one that has it. */
function roomOf(place: string): string {
  return place.replace(/^src\//, '').replace(/\/[^/]*$/, '');
}

/** The table of docs/security.md. */
export function doorsTable(purposes: Readonly<Record<string, string>>, calls: readonly DoorCall[]): string {
  const rows = Object.entries({ ...purposes, ...NAMED_DOORS }).map(([purpose, why]) => {
    const rooms = calls.filter((call) => call.purpose === purpose).map(({ place }) => roomOf(place));
    const users = [...new Set(rooms)].sort().map((room) => `\`${room}\``);
    return `| \`${purpose}\` | ${why} | ${users.join(', ')} |`;
  });
  return ['| Purpose | Why it looks across organizations | Used in |', '| --- | --- | --- |', ...rows].join('\n');
}

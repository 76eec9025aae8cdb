import { stripVTControlCharacters } from 'node:util';

const SECRET_NAME = /(_|^)(KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL|CREDENTIALS)$/i;
const SHORTEST = 8;
const MASK = '[redacted]';
/** Credentials of CoorChat and of the model's API, wherever they come from. */
const KNOWN_SHAPES = /\b(?:cc[kewa]_[A-Za-z0-9._-]{16,}|sk-ant-[A-Za-z0-9_-]{16,})/g;
// Line breaks and tabs stay; every other control character may steer a terminal.
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
const NEEDS_STRIPPING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

/** Takes secrets and terminal escapes out of everything that leaves the worker. */
export class Redactor {
  readonly #secrets = new Set<string>();
  #pattern: RegExp | undefined;

  /** Values of variables that look like secrets by their names. */
  addEnvironment(env: Readonly<Record<string, string | undefined>>): void {
    for (const [name, value] of Object.entries(env)) if (value && SECRET_NAME.test(name)) this.add(value);
  }

  add(secret: string): void {
    if (secret.length >= SHORTEST) this.#secrets.add(secret);
    this.#pattern = undefined;
  }

  text(value: string): string {
    const plain = NEEDS_STRIPPING.test(value)
      ? stripVTControlCharacters(value).replace(/\r\n?/g, '\n').replace(CONTROLS, '')
      : value;
    const known = plain.replace(KNOWN_SHAPES, MASK);
    if (this.#secrets.size === 0) return known;
    this.#pattern ??= patternOf(this.#secrets);
    return known.replace(this.#pattern, MASK);
  }

  /** The same value with every text in it, at any depth, made clean. */
  deep<T>(value: T): T {
    return this.#walk(value) as T;
  }

  #walk(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return value.map((item) => this.#walk(item));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(([key, item]): [string, unknown] => [key, this.#walk(item)]);
    return Object.fromEntries(entries);
  }
}

function patternOf(secrets: ReadonlySet<string>): RegExp {
  const longestFirst = [...secrets].sort((a, b) => b.length - a.length);
  return new RegExp(longestFirst.map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|'), 'g');
}

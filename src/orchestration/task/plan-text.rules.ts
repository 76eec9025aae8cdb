import { type Plan, planSchema } from '@coorchat/contracts';
import { findUnstorableText, MAX_JSON_DEPTH, messageOf, nestsDeeperThan, UNSTORABLE_TEXT } from '@coorchat/kernel';
import { type Document, isMap, parseDocument, visit } from 'yaml';
import type { z } from 'zod';
import type { PlanFault } from './work.types.js';
import { yamlObjection } from './yaml-guard.rules.js';

export type ParsedPlan = { readonly plan: Plan } | { readonly faults: PlanFault[] };

/** `["tasks", 2, "key"]` as `tasks[2].key`. */
export function faultPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  );
}

function indexed(path: readonly string[]): PropertyKey[] {
  return path.map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

function codeOf(issue: z.core.$ZodIssue): string {
  const isTaskList = issue.path.length === 1 && issue.path[0] === 'tasks';
  if (isTaskList && issue.code === 'too_big') return 'task.plan_too_large';
  if (isTaskList && issue.code === 'too_small') return 'task.plan_empty';
  return 'task.plan_invalid';
}

function unreadable(message: string): ParsedPlan {
  return { faults: [{ code: 'task.plan_unreadable', path: '', message }] };
}

type Read = { readonly value: unknown } | { readonly message: string };

function duplicateKey(node: unknown): string | undefined {
  const seen = new Set<string>();
  if (!isMap(node)) return undefined;
  for (const { key } of node.items) {
    const text = String(key);
    if (seen.has(text)) return text;
    seen.add(text);
  }
  return undefined;
}

/** The parser's own check for keys that stand twice compares each with each. */
function findDuplicateKey(document: Document.Parsed): string | undefined {
  let found: string | undefined;
  visit(document, {
    Map: (_, node) => {
      found = duplicateKey(node);
      return found === undefined ? undefined : visit.BREAK;
    },
  });
  return found;
}

function parseYaml(text: string): Read {
  const document = parseDocument(text, { uniqueKeys: false, logLevel: 'silent', prettyErrors: false });
  const [error] = document.errors;
  if (error) return { message: error.message };
  const twice = findDuplicateKey(document);
  return twice === undefined ? { value: document.toJS({ maxAliasCount: 0 }) } : { message: `"${twice}" stands twice` };
}

const TOO_DEEP: Read = { message: 'it is nested too deeply' };

function parseJson(text: string): Read | undefined {
  if (nestsDeeperThan(text, MAX_JSON_DEPTH)) return TOO_DEEP;
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function readText(text: string): Read {
  const asJson = text.trimStart().startsWith('{') ? parseJson(text) : undefined;
  if (asJson) return asJson;
  const objection = yamlObjection(text);
  if (objection !== undefined) return { message: objection };
  try {
    return parseYaml(text);
  } catch (error) {
    return error instanceof RangeError ? TOO_DEEP : { message: messageOf(error) };
  }
}

/** A plan as an object or as YAML (or JSON) text; every fault of its form is listed. */
export function parsePlan(input: unknown): ParsedPlan {
  const read = typeof input === 'string' ? readText(input) : { value: input };
  if ('message' in read) return unreadable(`The plan is not readable YAML: ${read.message}`);
  const path = findUnstorableText(read.value);
  if (path)
    return { faults: [{ code: 'task.plan_invalid', path: faultPath(indexed(path)), message: UNSTORABLE_TEXT }] };
  const parsed = planSchema.safeParse(read.value);
  if (parsed.success) return { plan: parsed.data };
  return {
    faults: parsed.error.issues.map((issue) => ({
      code: codeOf(issue),
      path: faultPath(issue.path),
      message: issue.message,
    })),
  };
}

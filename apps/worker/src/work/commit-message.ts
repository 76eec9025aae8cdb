import type { Assignment } from '@coorchat/a2a';

const MAX_BODY = 4000;

/** Subject and body for what a task left uncommitted. */
export function commitMessage(assignment: Assignment, summary?: string): string {
  const body = summary?.trim().slice(0, MAX_BODY);
  return body ? `${assignment.title}\n\n${body}\n` : `${assignment.title}\n`;
}

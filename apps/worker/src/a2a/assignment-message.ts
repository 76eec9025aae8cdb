import type { Message, SendMessageRequest } from '@a2a-js/sdk';
import { RequestMalformedError } from '@a2a-js/sdk/errors';
import { type Failure, type SentAssignment, sentAssignmentSchema } from '@coorchat/a2a';
import { z } from 'zod';

export type ReceivedAssignment =
  | { readonly sent: SentAssignment }
  | { readonly refused: { readonly attemptId: string; readonly fence: number }; readonly failure: Failure };

const namesAttemptSchema = z.object({ attemptId: z.string(), fence: z.number().int().positive() });
/** Attempt ids name folders. */
const SAFE_ID = /^[A-Za-z0-9_-]{1,100}$/;

function dataOf(message: Message | undefined): unknown {
  const part = message?.parts.find(({ content }) => content?.$case === 'data');
  return part?.content?.$case === 'data' ? part.content.value : undefined;
}

/**
 * The assignment that a message carries. One that names its attempt but is wrong otherwise is to be
 * refused as a task. @throws RequestMalformedError when it does not even name one
 */
export function readAssignment({ message }: SendMessageRequest): ReceivedAssignment {
  const data = dataOf(message);
  const named = namesAttemptSchema.safeParse(data);
  if (!message || !named.success) {
    throw new RequestMalformedError(
      'The message carries no assignment: this worker takes work from its control plane.',
    );
  }
  const { attemptId } = named.data;
  if (!SAFE_ID.test(attemptId) || message.messageId !== attemptId) {
    throw new RequestMalformedError('The message id must be the id of the attempt.');
  }
  const parsed = sentAssignmentSchema.safeParse(data);
  if (parsed.success) return { sent: parsed.data };
  const problem = z.prettifyError(parsed.error).slice(0, 2000);
  const failure: Failure = { class: 'worker', code: 'worker.bad_assignment', message: `Not understood: ${problem}` };
  return { refused: named.data, failure };
}

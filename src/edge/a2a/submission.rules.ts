import type { Message } from '@a2a-js/sdk';
import { ContentTypeNotSupportedError, RequestMalformedError, UnsupportedOperationError } from '@a2a-js/sdk/errors';
import { type SubmitWork, submitWorkSchema } from '@coorchat/contracts';
import { z } from 'zod';

/** A message as a work request: its text is the description, a data part adds the other fields. */
export function submissionOf(message: Message | undefined): SubmitWork {
  if (!message || message.parts.length === 0) throw new RequestMalformedError('The message has no parts.');
  if (message.taskId !== '') throw new UnsupportedOperationError('Work requests take no further messages.');
  if (message.parts.some(({ content }) => content?.$case === 'raw' || content?.$case === 'url')) {
    throw new ContentTypeNotSupportedError('Files are not read here: send text, and a data part for the other fields.');
  }
  const texts = message.parts.flatMap(({ content }) => (content?.$case === 'text' ? [content.value] : []));
  const data = message.parts.flatMap(({ content }) => (content?.$case === 'data' ? [content.value as object] : []));
  const fields = Object.assign({}, ...data) as Record<string, unknown>;
  const description = texts.join('\n\n').trim();
  const parsed = submitWorkSchema.safeParse(description === '' ? fields : { ...fields, description });
  if (parsed.success) return parsed.data;
  throw new RequestMalformedError(z.prettifyError(parsed.error));
}

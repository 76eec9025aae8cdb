import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { AgentRun } from '../attempt/agent-loop.port.js';
import type { BlobReference } from '../attempt/blob-store.port.js';
import type { Conversation } from './conversation.js';

export type Redact = (text: string) => string;

/** The conversation as one JSON message a line, without secrets, kept with the control plane. */
export async function uploadTranscript(
  run: AgentRun,
  conversation: Conversation,
  folder: string,
  redact: Redact,
): Promise<BlobReference> {
  const file = path.join(folder, `${run.assignment.attemptId}.transcript.ndjson`);
  const lines = conversation.messages.map((message) => redact(JSON.stringify(message)));
  await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  return run.blobs.upload(file, run.signal);
}

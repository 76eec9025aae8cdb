/** Tokens are longer on the average; fewer bytes make one in theory only. */
const MIN_BYTES_PER_TOKEN = 2;

/** An upper bound of the tokens of something that nobody counted. */
export function atMostTokensOfBytes(bytes: number): number {
  return Math.ceil(bytes / MIN_BYTES_PER_TOKEN);
}

export function atMostTokens(text: string): number {
  return atMostTokensOfBytes(new TextEncoder().encode(text).byteLength);
}

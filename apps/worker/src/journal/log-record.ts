/** One line of the log. It may move to another segment as long as it lives. */
export interface LogRecord {
  /** 0 until the line is on disk. */
  segment: number;
  offset: number;
  /** With the line break. */
  readonly bytes: number;
  /** Present until the line is on disk. */
  text: string | undefined;
  released: boolean;
}

export interface SegmentFile {
  readonly number: number;
  readonly path: string;
  bytes: number;
  readonly live: Set<LogRecord>;
}

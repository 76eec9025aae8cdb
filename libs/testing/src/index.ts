export { FakeClaude } from './claude/fake-claude.js';
export type {
  FakeAnswer,
  FakeCall,
  FakeFailure,
  FakeScript,
  FakeTurn,
  MessagesRequest,
  RequestBlock,
} from './claude/messages-api.types.js';
export { type FakeClock, fakeClock } from './fake-clock.js';
export { FakeS3 } from './s3/fake-s3.js';
export { type CutPoint, type Direction, TcpProxy, type TcpProxyTarget } from './tcp-proxy.js';
